package ui

// layout is where in a text each attempt begins, the newest first.
type layout struct {
	starts []placed
	lines  int
}

// placed is where one begins.
type placed struct {
	attempt int
	line    int
}

// lay puts the attempts below each other.
func lay(passages []passage) (lines []string, l layout) {
	for _, s := range passages {
		l.starts = append(l.starts, placed{s.attempt, len(lines)})
		lines = append(lines, s.lines...)
	}
	l.lines = len(lines)
	return lines, l
}

// home is the line on top of a screen that has the end of the newest attempt on it.
func (l layout) home(height int) int {
	end := l.lines
	if len(l.starts) > 1 {
		end = l.starts[1].line
	}
	return max(end-height, 0)
}

// keep gives the line of another layout that what stands on top of the screen is at
// there: so far behind the beginning of the same attempt.
func (l layout) keep(top int, in layout) int {
	for i := len(l.starts) - 1; i >= 0; i-- {
		if l.starts[i].line > top {
			continue
		}
		for _, s := range in.starts {
			if s.attempt == l.starts[i].attempt {
				return s.line + top - l.starts[i].line
			}
		}
		break
	}
	return min(top, max(in.lines-1, 0))
}
