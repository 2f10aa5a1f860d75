package xf

import (
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// Parse reads the text of a file called name, and none of the files that it
// includes. It adds everything that is wrong to diags, and returns the rules
// that it could read.
func Parse(name string, src []byte, diags *diag.List) *File {
	s := newScanner(name, src, diags)
	p := &parser{scanner: s, toks: s.tokens()}
	f := &File{Name: name}
	for head := true; p.peek() != tokEOF; {
		start := p.at
		switch {
		case p.peek() == tokInclude:
			t := p.next()
			f.Includes = append(f.Includes, &Include{Pos: p.pos(t.start), Path: t.elem.Name})
			continue
		case p.peek() == tokBlock && head:
			f.Preamble = p.block(p.next())
		case p.peek() == tokBlock:
			p.failf("code without a rule: only the first block of a file, the preamble, stands alone")
			p.next()
		default:
			if r := p.rule(); r != nil {
				f.Rules = append(f.Rules, r)
			} else {
				p.recover(start)
			}
		}
		head = false
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

// failf reports an error at the next token, or behind the last one.
func (p *parser) failf(format string, args ...any) *diag.Diagnostic {
	at := p.toks[p.at].start
	if p.peek() == tokEOF && p.at > 0 {
		at = p.toks[p.at-1].end
	}
	return p.diags.Errorf(p.pos(at), format, args...)
}

// found describes the next token for a message.
func (p *parser) found() string {
	switch t := p.toks[p.at]; t.kind {
	case tokName, tokType:
		return t.elem.String()
	case tokInclude:
		return fmt.Sprintf("include %q", t.elem.Name)
	default:
		return t.kind.String()
	}
}

// recover skips to where a rule may begin: after the next block, or at a line
// that begins with a name.
func (p *parser) recover(start int) {
	if p.at == start {
		p.next()
	}
	for p.peek() != tokEOF {
		switch t := p.toks[p.at]; t.kind {
		case tokBlock:
			p.next()
			return
		case tokName, tokType, tokInit, tokInclude:
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
			d := p.failf("expected -> and a new name after %s, found %s", l.Old, p.found())
			if l.Old.Key() == "include" {
				d.Notef(diag.Pos{}, "the file to include stands between double quotes: include \"base.xf\"")
			}
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
