package config

import "fmt"

// Check is a program that looks at a message before it leaves.
type Check struct {
	Name    string
	Command []string // no shell sees it; the message is its standard input
}

// checkFile is a [[check]] as it stands on disk.
type checkFile struct {
	Name    string   `toml:"name"`
	Command []string `toml:"command"`
}

// checks reads the programs, and refuses what names none.
func checks(doc *Document, file []checkFile) (all []Check, err error) {
	var wrong []error
	const example = `for example command = ["check-links", "-"]`
	seen := make(map[string]bool)
	for i, c := range file {
		key := fmt.Sprintf("check[%d]", i)
		switch {
		case c.Name == "":
			wrong = append(wrong, doc.Error(key, "it has no name", `for example name = "links"`))
		case seen[c.Name]:
			wrong = append(wrong, doc.Error(key+".name", fmt.Sprintf("two checks are named %q", c.Name), ""))
		}
		switch {
		case len(c.Command) == 0:
			wrong = append(wrong, doc.Error(key, "it has no command", example))
		case c.Command[0] == "":
			wrong = append(wrong, doc.Error(key+".command[0]", "the program has no name", example))
		}
		seen[c.Name] = true
		all = append(all, Check(c))
	}
	return all, Join(wrong...)
}
