package diag

import "unicode/utf8"

// Nearest returns the name that a person most likely meant by writing word,
// or "" if none of the names is near enough. The first of equals wins.
func Nearest(word string, names []string) string {
	best, bestCost := "", utf8.RuneCountInString(word)/3+1
	for _, name := range names {
		if cost := distance(word, name, bestCost); name != word && cost < bestCost {
			best, bestCost = name, cost
		}
	}
	return best
}

// distance returns the number of letters to insert, remove, replace or swap
// to make b of a, or limit if that is reached.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	// Three rows of the table of distances between prefixes of x and y.
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		before, above, row = above, row, before
	}
	return above[len(y)]
}
