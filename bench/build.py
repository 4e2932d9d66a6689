"""Builds a message several times and prints the seconds that one takes.
Arguments: how often, the subject, a file to attach or nothing; the text comes by
standard input."""
import email.message
import email.policy
import email.utils
import sys
import time

times, subject, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
text = sys.stdin.read()


def build():
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Date"] = email.utils.localtime()
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "bob@example.net"
    message["Subject"] = subject
    message["Message-ID"] = email.utils.make_msgid(domain="example.org")
    message.set_content(text)
    if path:
        with open(path, "rb") as f:
            message.add_attachment(f.read(), maintype="application", subtype="octet-stream", filename="figures.bin")
    return message.as_bytes()


start = time.perf_counter()
for _ in range(times):
    build()
print((time.perf_counter() - start) / times)
