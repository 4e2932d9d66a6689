package review

import (
	"strings"
	"testing"
	"time"

	"sendoff/compose"
)

func TestSpoken_KnowsTheWordsOfManyLanguages(t *testing.T) {
	speak := map[string][]string{
		"en": {"I attached the report.", "See the attachments", "Please find enclosed our offer", "The ATTACHED file", "see attachement", "I'm attaching it", "PFA"},
		"de": {"Die Rechnung ist im Anhang.", "Anbei die Zahlen", "die beigefügten Unterlagen", "Sie finden sie in der Anlage", "Ich habe es angehängt"},
		"fr": {"Veuillez trouver ci-joint le devis", "la pièce jointe", "la facture en PJ", "Je joins le contrat", "les documents ci-jointes"},
		"es": {"Le adjunto la factura", "los archivos adjuntos", "Adjuntamos el contrato"},
		"it": {"In allegato il preventivo", "Allego la fattura", "vedi allegati"},
		"pt": {"Segue em anexo o contrato", "o ficheiro anexado"},
		"nl": {"Zie bijlage", "de bijgevoegde factuur", "In de bijlagen"},
		"ru": {"Договор во вложении", "Прилагаю счёт", "прикрепила файл", "вложенный файл"},
		"pl": {"W załączniku faktura", "Załączam umowę"},
		"ja": {"資料を添付します"},
		"zh": {"请见附件"},
	}
	for language, all := range speak {
		for _, text := range all {
			if spoken(text) == "" {
				t.Errorf("%s: %q speaks of a file", language, text)
			}
		}
	}
	for _, text := range []string{
		"", "We are detached from it.", "Die Anlage läuft wieder.", "Новое приложение уже в магазине.", "an unattached note", "Le joint est cassé.", "attac", "a joint venture", "La junta se reúne", "il legato",
	} {
		if word := spoken(text); word != "" {
			t.Errorf("%q speaks of a file: %q", text, word)
		}
	}
}

func TestAttachmentMissing_ReadsOnlyWhatTheSenderWrote(t *testing.T) {
	for _, body := range []string{
		"Thanks!\n\n> the figures are attached\n",
		"Thanks!\n-- \nAda, attachments officer\n",
		"For you:\n\n---------- Forwarded message ---------\nThe figures are attached.\n",
		"Thanks!\n--\nAda, attachments officer\n",
		"Thanks!\n\nOn 2 Jan 2026 at 15:04, Ana wrote:\n\nThe figures are attached.\n",
		"Danke!\r\n\r\nAm Freitag, 2. Januar 2026 um 15:04 Uhr hat Ana <ana@example.org>\r\nfolgendes geschrieben:\r\nDie Zahlen sind im Anhang.\r\n",
		"Merci !\n\nLe 2 janv. 2026 à 15:04, Ana a écrit\u00a0:\nci-joint\n",
		"For you:\r\n\r\n-----Original Message-----\r\nattached\r\n",
	} {
		if found := attachmentMissing(compose.Draft{Body: body}); len(found) != 0 {
			t.Errorf("%q: %q", body, texts(found))
		}
	}
	for _, d := range []compose.Draft{
		{Body: "On 2 Jan 2026, Ana wrote:\n\n> where is it?\n\nAttached.\n"},
		{Body: "As you wrote:\nit is attached.\n"},
		{Subject: "Report: attached"},
		{Body: "> where is it?\n\nAttached.\n"},
		{Subject: "Report attached"},
		{Body: "----------\nattached\n"},
		{Style: compose.StyleHTML, Body: "<p>It is <b>attached</b>.</p>"},
	} {
		if len(attachmentMissing(d)) == 0 {
			t.Errorf("%+v speaks of a file", d)
		}
	}
	for _, subject := range []string{"Re: your attachment", "AW: Anhang", "Fwd: attached", "Re[2]: attachment"} {
		if found := attachmentMissing(compose.Draft{Subject: subject, Body: "Thanks.\n"}); len(found) != 0 {
			t.Errorf("%s: %q", subject, texts(found))
		}
	}
	if found := attachmentMissing(compose.Draft{Style: compose.StyleHTML, Body: `<p class="attached">Hello</p>`}); len(found) != 0 {
		t.Errorf("a class of HTML: %q", texts(found))
	}
}

func TestAttachmentMissing_IsQuickWithALongText(t *testing.T) {
	d := compose.Draft{Body: strings.Repeat("wir hängen ci en am i in ", 1<<16)}
	began := time.Now()
	if found := attachmentMissing(d); len(found) != 0 || time.Since(began) > 10*time.Second {
		t.Errorf("%q after %s", texts(found), time.Since(began))
	}
}
