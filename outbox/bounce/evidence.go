package bounce

import "strings"

// The points that make a report of a mail that has no part for machines. A mail
// server that writes needs one thing more that speaks of a delivery; a machine
// before it needs the subject and the words of the text, and anybody else the
// message that comes back as well: a parcel, too, "could not be delivered".
const (
	pointsServer = 2
	pointsOther  = 1
	pointsNeeded = 3
)

// servers begin the local parts that mail servers write from. Letters and digits
// alone are compared: "Mail.Delivery.System", "post_master".
var servers = []string{
	"mailerdaemon", "mailerdeamon", "maildaemon", "mdaemon", "doublebounce", "bouncehandler", "postmaster", "poostmaster",
	"maildeliverysystem", "maildeliverysubsystem", "maildelivery", "mailsystem", "microsoftexchange",
}

// serverNames are what stands before the address of one.
var serverNames = []string{
	"mail delivery", "mail deliver system", "mailer daemon", "mailer-daemon", "postmaster", "system administrator", "systemadministrator",
	"delivery subsystem", "delivery system", "mail administrator", "mail system", "mail server", "mailserver", "content-filter at", "microsoft exchange",
}

// gateways are parts of the local parts of machines before a mail server.
var gateways = []string{
	"antivirus", "viruswall", "gateway", "mailgate", "mailscan", "mailsecurity", "interscan", "mailmarshal", "mailsweeper", "mailserver", "postoffice",
}

// lists end the local parts of list servers, and listRefusals are how they refuse
// a message: what else they write is no report.
var (
	lists        = []string{"admin", "request", "owner", "listserv", "majordomo"}
	listRefusals = []string{"not a member of this mailing list", "not member", "duplicated message-id in"}
)

// subjects are phrases in the subject of a report, in lower case.
var subjects = []string{
	"undeliver", "un-deliver", "delivery fail", "failure notice", "failure delivery", "failed delivery", "delivery status notif",
	"returned mail", "returning message", "mail delivery", "delivery report", "delivery notification", "non-delivery", "nondelivery",
	"could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered", "not be delivered", "not delivered",
	"delivery problem", "delivery error", "delivery warning", "delivery delay", "delayed", "delivery has failed", "message delivery",
	"mail error", "mail system error", "mail failure", "message status", "could not send", "cannot send", "unable to deliver",
	"returned to sender", "return to sender", "user unknown", "unknown user", "unknown address", "unknown recipient", "bounced mail", "automatically rejected",
	"mail could not", "message not", "message undeliver", "rejected mail", "rejected message", "mail returned", "nondeliverable",
	"failed mail", "send failed", "sending failed", "deferred", "delivery unsuccessful", "unsuccessful delivery", "problem delivering",
	"not member", "loop alert", "zustell", "unzustellbar", "nicht zugestellt", "rückläufer",
	"non remis", "non distribu", "échec de", "echec de", "avis de non", "message non délivré", "non recapit", "impossible de remettre", "remise impossible", "mancata consegna", "mancato recapito",
	"impossibile recapitare", "no se puede entregar", "no se ha podido entregar", "no entregado", "devuelto", "fallo en la entrega", "error de entrega",
	"no se pudo entregar", "não é possível entregar", "não entregue", "não foi possível entregar", "falha na entrega", "onbestelbaar", "kan niet worden", "olevererbar", "kunne ikke leveres", "ikke levere",
	"nie można dostarczyć", "niedostarcz", "nedoručit", "nezdařilo", "kézbesíthetetlen", "не доставлено", "недоставлен", "не может быть доставлено",
	"невозможно доставить", "teslim edilemedi", "toimittaminen epäonnistui", "配信不能", "配信エラー", "配信できません", "送信できません", "送信エラー", "エラー通知", "配送できません",
	"退信", "无法传递", "未传递", "未能传递", "无法送达", "無法傳遞", "未送达", "投递失败", "系统退信", "배달", "반송", "전송 실패",
}

// phrases are what a report says of itself, in lower case, with single spaces.
// That a mailbox is full is not among them: servers also write that to its owner.
var phrases = []string{
	"could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered", "can not be delivered",
	"was not delivered", "not been delivered", "not delivered", "not be delivered", "unable to deliver", "wasn't able to deliver",
	"not able to deliver", "failed to deliver", "not deliver", "undeliverable", "delivery failed", "delivery to the following", "delevery to the following",
	"delivery of email", "delivery failure", "delivery has failed", "delivery error", "delivery attempts", "message failed", "has been delayed", "did not reach",
	"error delivering", "deliver a message", "deliver your m", "deliver the m", "delivering your m", "delivery problems", "delivery errors", "had delivery",
	"permanent error", "permanent fatal errors", "transient non-fatal errors", "transcript of session follows", "transcript of the session",
	"was rejected by", "were rejected", "was automatically rejected", "returned to you", "no such user", "user unknown", "unknown user", "user not known", "unknown local user",
	"invalid user address", "has been postponed", "is not known here", "does not exist", "rejected by the recipient", "did not receive this message",
	"not a member of this mailing list", "duplicated message-id in", "mail system error",
	"konnte nicht zugestellt", "nicht zugestellt werden", "konnte nicht", "n'a pas pu être", "n'a pas été", "impossible de", "non è stato possibile",
	"no se pudo", "no se ha podido", "no pudo ser", "não pôde ser", "não foi possível", "не может быть доставлено", "не удалось доставить", "невозможно доставить",
	"fehler bei der nachrichtenzustellung", "échec de la remise", "error de entrega", "falha na entrega", "impossibile recapitare",
	"送信できませんでした", "送信に失敗", "配信できません", "届きません", "お届けできません", "送れません", "无法", "無法", "退信", "kon niet worden", "nie mogła zostać",
}

// titles begin the text of some reports, whoever writes them, in lower case.
var titles = []string{
	"non-delivery report", "delivery report", "delivery status notification", "this is an automatically generated delivery status notification",
	"this message was created automatically by mail delivery software", "this is the mail system at", "this is the mail delivery system",
	"hi. this is the", "this is the mailer-daemon", "undelivered mail", "delivery notification", "mail delivery report",
}

// repeated begins the subject of an answer, or of a mail that is sent on by a
// person.
var repeated = []string{"re:", "fwd:", "fw:", "aw:", "wg:", "sv:", "tr:", "rif:", "antw:", "odp:", "vs:", "回复:", "转发:"}

// writer has the points for who wrote the mail.
func (m *mail) writer() int {
	if !m.header.has("from") {
		return 0
	}
	from := decodeWords(m.header.get("from"))
	address := bare(from)
	if address == "" || strings.Contains(from, "<>") {
		return pointsServer
	}
	local, _, _ := strings.Cut(address, "@")
	local = strings.Map(func(r rune) rune {
		if r < 128 && isAlnum(byte(r)) {
			return r
		}
		return -1
	}, strings.ToLower(local))
	name, _, _ := strings.Cut(strings.ToLower(from), "<")
	switch {
	case startsAny(local, servers) || containsAny(name, serverNames):
		return pointsServer
	case containsAny(local, gateways):
		return pointsOther
	case endsAny(local, lists) && containsAny(m.head(), listRefusals):
		return pointsOther
	}
	return 0
}

// isReport weighs what speaks for a report where no part for machines says it.
func (m *mail) isReport() bool {
	subject := strings.ToLower(m.header.text("subject"))
	points := m.writer()
	if m.sentOn() {
		return false
	}
	words := 0 // that speak of a delivery
	if containsAny(subject, subjects) {
		words += pointsOther
	}
	if containsAny(m.head(), phrases) {
		words += pointsOther
	}
	if m.returned {
		points += pointsOther
	}
	if points > 0 && m.unanswerable() {
		points += pointsOther
	}
	if startsAny(strings.TrimLeft(m.head(), decoration), titles) {
		points += pointsOther
	}
	points += words
	return words > 0 && points >= pointsNeeded
}

// unanswerable tells a mail that must not be answered, as reports are (RFC 5321
// §4.5.5). Absences are such too.
func (m *mail) unanswerable() bool {
	if m.header.has("return-path") {
		path := strings.ToLower(bare(m.header.get("return-path")))
		if path == "" || strings.HasPrefix(path, "mailer-daemon") {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(m.header.get("auto-submitted")), "auto-")
}

// head is the beginning of the text in lower case, with single spaces, and
// without what is quoted.
func (m *mail) head() string {
	var b strings.Builder
	for line := range strings.Lines(m.text[:min(len(m.text), maxHead)]) {
		if strings.HasPrefix(line, ">") && !strings.HasPrefix(line, ">>>") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			b.WriteString(word)
			b.WriteByte(' ')
		}
	}
	return strings.ToLower(b.String())
}

// isAutoReply tells an absence, and what else answers by itself (RFC 3834 §5).
func (m *mail) isAutoReply() bool {
	submitted := strings.ToLower(m.header.get("auto-submitted"))
	if strings.HasPrefix(submitted, "auto-replied") || strings.HasPrefix(submitted, "auto-generated") {
		return true
	}
	return m.header.has("x-autoreply") || m.header.has("x-autorespond") || strings.EqualFold(m.header.get("precedence"), "auto_reply")
}
