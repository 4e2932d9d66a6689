package cli

import (
	"context"
	"fmt"
	"strings"

	"sendoff/outbox"
)

const hintRebuild = "sendoff doctor --rebuild saves what can be read, and keeps the damaged database beside the new one"

// damageHints say what to do about each kind of damage.
var damageHints = map[outbox.DamageKind]string{
	outbox.DamagedDatabase: hintRebuild,
	outbox.DamagedLog:      "sendoff doctor --rebuild holds what waits, so that you can look at it first; any other command goes on without the lost changes",
	outbox.DamagedContent:  "restore the file from a backup, or sendoff delete ID; it is not sent as it is",
	outbox.LostDraft:       "sendoff delete ID, or write it anew",
	outbox.LostRecipients:  "sendoff delete ID, and queue it anew: sendoff show --raw ID has its text",
	outbox.LostAttempt:     "sendoff doctor --rebuild marks it uncertain",
	outbox.WrongState:      "sendoff doctor --rebuild derives it anew",
	outbox.WrongCounts:     "sendoff doctor --rebuild counts anew",
	outbox.DamagedCampaign: "sendoff merge cancel CAMPAIGN ends it, and what was sent stays as it is; or restore a backup",
	outbox.DamagedKey:      "restore it from a backup, with chmod 600; or remove it, and a new one is made, which does not know what came before",
}

// damageFinding is a finding for people and scripts.
func damageFinding(d outbox.Damage) finding {
	f := finding{Name: "outbox", Found: d.Text, Item: d.Item, Path: d.Path, OK: d.Kind.Harmless()}
	switch {
	case d.Item != 0:
		f.Found = damagedItem(d) + ": " + d.Text
	case d.Path != "" && !strings.Contains(d.Text, d.Path):
		f.Found = d.Path + ": " + d.Text
	}
	if f.OK {
		f.Name = "files"
		return f
	}
	f.Hint, f.code = strings.ReplaceAll(damageHints[d.Kind], "ID", d.Item.String()), exitIO
	return f
}

// damagedItem names an item so that a person knows it.
func damagedItem(d outbox.Damage) string {
	text := d.Item.String()
	if d.Subject != "" {
		text += fmt.Sprintf(" %q", d.Subject)
	}
	if len(d.To) > 0 {
		text += " to " + strings.Join(d.To, ", ")
	}
	return text
}

// rebuildOutbox saves what can be saved, and says what that was.
func rebuildOutbox(ctx context.Context, where places) (all []finding, err error) {
	done, err := outbox.Rebuild(ctx, outbox.Options{Dir: where.data, State: where.state, Render: where.render})
	if err != nil {
		return nil, err
	}
	all = rebuiltFindings(done)
	for _, d := range done.Apart {
		f := stuck("set apart", damagedItem(d)+": "+d.Text, fmt.Sprintf("sendoff show %s; then release, cancel or delete it", d.Item))
		f.Item = d.Item
		all = append(all, f)
	}
	return all, nil
}

func rebuiltFindings(done outbox.Rebuilt) (all []finding) {
	if done.Kept == "" {
		found := fmt.Sprintf("not needed: the database is sound, with %s", saved(done))
		if done.Mended > 0 {
			found += fmt.Sprintf("; the state of %d was made anew", done.Mended)
		}
		return []finding{good("rebuild", found)}
	}
	all = append(all, good("rebuild", "saved "+saved(done)))
	if done.Revived > 0 {
		all = append(all, good("rebuild", fmt.Sprintf("%d of them had lost their record and were found by their text", done.Revived)))
	}
	if done.LostPages > 0 || done.LostRows > 0 {
		all = append(all, good("rebuild", fmt.Sprintf("lost %d pages and %d rows, which cannot be read", done.LostPages, done.LostRows)))
	}
	all = append(all, finding{Name: "rebuild", OK: true, Found: "the damaged database is " + done.Kept, Path: done.Kept, Hint: "remove it when you miss nothing"})
	for _, path := range done.Stray {
		all = append(all, finding{Name: "rebuild", OK: true, Found: "no message could be made of " + path, Path: path})
	}
	return all
}

func saved(done outbox.Rebuilt) string {
	return fmt.Sprintf("%d messages and %d drafts", done.Items, done.Drafts)
}
