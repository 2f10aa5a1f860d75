package main

import (
	"bytes"
	"regexp"
	"slices"
)

var (
	escape  = regexp.MustCompile("\x1b\\[[0-9;]*[mK]|\x1b\\]8;;[^\x1b]*\x1b\\\\")
	warning = regexp.MustCompile(`(?m)^(.*?:[0-9]+):(?:[0-9]+:)? .* (\[-W[^\]\n]*\])$`)
)

// warnings returns, sorted, what a compiler's diagnostics warn about: the line
// and the option of each warning. The compiler words them differently where
// macros have been expanded, and finds other columns.
func warnings(diagnostics []byte) []string {
	var list []string
	for _, m := range warning.FindAllSubmatch(escape.ReplaceAll(diagnostics, nil), -1) {
		list = append(list, string(bytes.Join(m[1:], []byte(" "))))
	}
	slices.Sort(list)
	return list
}
