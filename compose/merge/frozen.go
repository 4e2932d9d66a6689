package merge

import (
	"encoding/json"
	"errors"
	"fmt"
)

// frozen is a campaign as it is kept while it is sent. It is stored: its fields
// keep their names.
type frozen struct {
	Template string   `json:"template"` // its name
	Source   string   `json:"source"`
	List     string   `json:"list"` // its name
	Columns  []Column `json:"columns"`
	Folder   string   `json:"folder"`
}

// Freeze gives a campaign as bytes that make the same letters of the same rows as
// long as the program lives. What stands in files is not among them.
func (c *Campaign) Freeze() ([]byte, error) {
	return json.Marshal(frozen{c.template.file, c.template.source, c.list, c.columns, c.folder})
}

// Thaw is a campaign again of what Freeze gave.
func Thaw(kept []byte) (*Campaign, error) {
	var f frozen
	if err := json.Unmarshal(kept, &f); err != nil {
		return nil, fmt.Errorf("read the campaign: %w", err)
	}
	if len(f.Columns) == 0 {
		return nil, errors.New("read the campaign: it has no columns")
	}
	t, err := ParseTemplate(f.Template, f.Source)
	if err != nil {
		return nil, err
	}
	c, problems := NewCampaign(t, &List{file: f.List, columns: f.Columns}, f.Folder)
	if c == nil {
		return nil, problems
	}
	return c, nil
}
