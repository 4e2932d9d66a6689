package compose

import "strings"

// flowedColumn is where flowed text is broken (RFC 3676 §4.2 says 78 at most,
// and fewer, so that quotes have room).
const flowedColumn = 72

// flow writes a text as format=flowed (RFC 3676): a line end that a person typed
// stays one, and a long line is broken behind spaces where the reader may join it
// again. White space at line ends is lost, since there it means just that.
func flow(text string) string {
	var b strings.Builder
	for line := range lines(text) {
		depth, content := quoteDepth(line)
		if content != signatureSeparator {
			content = strings.TrimRight(content, " ")
		}
		for _, piece := range breakFlowed(content, flowedColumn-depth) {
			b.WriteString(strings.Repeat(">", depth))
			if depth > 0 && piece != "" || depth == 0 && mustStuff(piece) {
				b.WriteByte(' ')
			}
			b.WriteString(piece)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// quoteDepth splits a line as people quote, with "> > " or ">>", and takes off the
// space that they put behind it.
func quoteDepth(line string) (depth int, content string) {
	for {
		rest, quoted := strings.CutPrefix(line, ">")
		if !quoted && depth > 0 {
			rest, quoted = strings.CutPrefix(line, " >")
		}
		if !quoted {
			break
		}
		depth, line = depth+1, rest
	}
	if depth > 0 {
		line = strings.TrimPrefix(line, " ")
	}
	return depth, line
}

// mustStuff tells the lines that would mean something else without a space in
// front (RFC 3676 §4.4).
func mustStuff(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, ">") || strings.HasPrefix(line, "From ")
}

// breakFlowed breaks a line behind spaces, which stay. What has none stays whole.
func breakFlowed(line string, width int) (pieces []string) {
	width = max(width, 20) // in very deep quotes
	for isLonger(line, width) {
		end := flowedBreak(line, width)
		if end < 0 {
			break
		}
		pieces = append(pieces, line[:end])
		line = line[end:]
	}
	return append(pieces, line)
}

// isLonger counts no further than it must: a line may have megabytes.
func isLonger(line string, width int) bool {
	for range line {
		if width--; width < 0 {
			return true
		}
	}
	return false
}

// flowedBreak is where the next line begins: behind the last space that fits, or
// the first that comes; -1 if there is none.
func flowedBreak(line string, width int) int {
	end, column := -1, 0
	for i, r := range line {
		if column++; column > width && end > 0 {
			break
		}
		next := i + 1
		// A piece that is the signature's line would be taken for it, and one that
		// begins with a space would be stuffed for each break.
		if r == ' ' && next < len(line) && line[next] != ' ' && line[:next] != signatureSeparator {
			end = next
		}
	}
	return end
}

// unflow joins what flow, or another program, has broken. Quotes are marked by
// ">" for each level, and a space.
func unflow(text string) string {
	var b strings.Builder
	depth, open := 0, false // a line that the next one goes on with
	for line := range lines(text) {
		content := strings.TrimLeft(line, ">")
		deep := len(line) - len(content)
		content = strings.TrimPrefix(content, " ")
		if open && (deep != depth || content == signatureSeparator) {
			b.WriteByte('\n')
			open = false
		}
		if !open {
			b.WriteString(strings.Repeat(">", deep))
			if deep > 0 && content != "" {
				b.WriteByte(' ')
			}
		}
		b.WriteString(content)
		depth, open = deep, strings.HasSuffix(content, " ") && content != signatureSeparator
		if !open {
			b.WriteByte('\n')
		}
	}
	if open {
		b.WriteByte('\n')
	}
	return b.String()
}
