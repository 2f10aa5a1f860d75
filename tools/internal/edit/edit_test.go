package edit

import "testing"

func TestBytes(t *testing.T) {
	const old = "int a; int b;"
	tests := []struct {
		name string
		do   func(*Buffer)
		want string
	}{
		{"nothing", func(*Buffer) {}, "int a; int b;"},
		{"both ends", func(b *Buffer) { b.Insert(13, " int c;"); b.Insert(0, "static ") }, "static int a; int b; int c;"},
		{"same place keeps the order", func(b *Buffer) { b.Insert(6, "1"); b.Insert(6, "2") }, "int a;12 int b;"},
		{"replace", func(b *Buffer) { b.Replace(4, 5, "xyz"); b.Replace(7, 10, "long") }, "int xyz; long b;"},
		{"insert where a replacement begins", func(b *Buffer) { b.Replace(4, 5, "x"); b.Insert(5, "[2]") }, "int x[2]; int b;"},
	}
	for _, tt := range tests {
		b := New([]byte(old))
		tt.do(b)
		if got := string(b.Bytes()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if got := string(b.Bytes()); got != tt.want {
			t.Errorf("%s, again: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMisuse(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Buffer)
	}{
		{"overlap", func(b *Buffer) { b.Replace(0, 3, ""); b.Replace(2, 4, ""); b.Bytes() }},
		{"insert inside a replacement", func(b *Buffer) { b.Replace(0, 3, ""); b.Insert(1, "x"); b.Bytes() }},
		{"past the end", func(b *Buffer) { b.Insert(4, "x") }},
		{"backwards", func(b *Buffer) { b.Replace(2, 1, "x") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tt.do(New([]byte("abc")))
		})
	}
}
