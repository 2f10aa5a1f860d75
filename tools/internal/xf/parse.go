package xf

import (
	"fmt"
	"os"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// ReadFile reads the file called name, and returns its text too. What is wrong
// with the text is added to diags; the error is that of reading the file.
func ReadFile(name string, diags *diag.List) (*File, []byte, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	return Parse(name, src, diags), src, nil
}

// Parse reads the text of a file called name. It adds everything that is wrong
// to diags, and returns the rules that it could read.
func Parse(name string, src []byte, diags *diag.List) *File {
	s := newScanner(name, src, diags)
	p := &parser{scanner: s, toks: s.tokens()}
	f := &File{Name: name}
	if p.peek() == tokBlock {
		f.Preamble = p.block(p.next())
	}
	for p.peek() != tokEOF {
		start := p.at
		if r := p.rule(); r != nil {
			f.Rules = append(f.Rules, r)
		} else {
			p.recover(start)
		}
	}
	return f
}

type parser struct {
	*scanner
	toks []token
	at   int // the next token
}

func (p *parser) peek() tokenKind { return p.toks[p.at].kind }

// next returns the next token and moves on, but never past the end of file.
func (p *parser) next() token {
	t := p.toks[p.at]
	if t.kind != tokEOF {
		p.at++
	}
	return t
}

// failf reports an error at the next token.
func (p *parser) failf(format string, args ...any) {
	p.diags.Errorf(p.pos(p.toks[p.at].start), format, args...)
}

// found describes the next token for a message.
func (p *parser) found() string {
	switch t := p.toks[p.at]; t.kind {
	case tokName, tokType:
		return t.elem.String()
	default:
		return t.kind.String()
	}
}

// recover skips to where a rule may begin: after the next block, or at a line
// that begins with a name.
func (p *parser) recover(start int) {
	if p.at == start {
		if p.next().kind == tokBlock {
			return
		}
	}
	for p.peek() != tokEOF {
		switch t := p.toks[p.at]; t.kind {
		case tokBlock:
			p.next()
			return
		case tokName, tokType, tokInit:
			if t.firstOn {
				return
			}
		}
		p.next()
	}
}

// rule returns the rule at the next token, or nil after it has reported what
// is wrong with it.
func (p *parser) rule() *Rule {
	r := new(Rule)
	for {
		l := p.label()
		if l == nil {
			return nil
		}
		r.Labels = append(r.Labels, l)
		if p.peek() != tokComma {
			break
		}
		p.next()
	}
	last := r.Labels[len(r.Labels)-1]
	switch p.peek() {
	case tokColon:
		p.next()
		if p.peek() != tokBlock {
			p.failf("expected { after the colon, found %s", p.found())
			return nil
		}
		r.Code = p.block(p.next())
		r.Code.Parts = p.code(p.toks[p.at-1].start+1, p.toks[p.at-1].start+1+len(r.Code.Text))
	case tokBlock:
		p.failf("a colon must stand between %s and its code", last)
		return nil
	default:
		switch {
		case len(r.Labels) > 1:
			p.failf("labels with a comma share code: expected : and a block after %s, found %s", last, p.found())
			return nil
		case last.Old == nil:
			p.diags.Errorf(last.Pos, "INIT needs code that sets the new value").
				Suggest("for example", fmt.Sprintf("%s: { $out = 0; }", last))
			return nil
		}
	}
	for _, l := range r.Labels {
		l.Code = r.Code
	}
	return r
}

func (p *parser) label() *Label {
	l := &Label{Pos: p.pos(p.toks[p.at].start)}
	if p.peek() == tokInit {
		p.next()
	} else {
		if l.Old = p.path("the old name of something, or INIT"); l.Old == nil {
			return nil
		}
		if p.peek() != tokArrow {
			p.failf("expected -> and a new name after %s, found %s", l.Old, p.found())
			return nil
		}
		p.next()
	}
	if l.New = p.path("the new name of something"); l.New == nil {
		return nil
	}
	return l
}

func (p *parser) path(what string) *Path {
	path := &Path{Pos: p.pos(p.toks[p.at].start)}
	for {
		switch p.peek() {
		case tokName, tokType:
			e := p.next().elem
			if e.Name == "" {
				return nil // the scanner has reported it
			}
			path.Elements = append(path.Elements, e)
		default:
			p.failf("expected %s, found %s", what, p.found())
			return nil
		}
		if p.peek() != tokDot {
			return path
		}
		p.next()
		what = "a field"
	}
}

func (p *parser) block(t token) *Block {
	text := p.src[t.start+1 : t.end]
	if n := len(text); n > 0 && text[n-1] == '}' {
		text = text[:n-1]
	}
	return &Block{Pos: p.pos(t.start), Text: string(text)}
}
