"""Reads a message from standard input with Python's strictest policy and prints
as JSON what it says, and every defect that was found on the way."""
import email
import email.policy
import hashlib
import json
import sys

message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects, files, images, texts = [], [], [], {}
for part in message.walk():
    defects += [repr(d) for d in part.defects]
    for name in part.keys():
        defects += [f"{name}: {d!r}" for d in part[name].defects]
    if part.is_multipart():
        continue
    content = part.get_payload(decode=True)
    if part.get_content_disposition() == "attachment":
        files.append({
            "name": part.get_filename(),
            "type": part.get_content_type(),
            "name_parameter": part["content-type"].params.get("name"),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
    elif part.get_content_disposition() == "inline":
        images.append({
            "name": part.get_filename(),
            "type": part.get_content_type(),
            "name_parameter": part["content-type"].params.get("name"),
            "id": part["content-id"].strip("<>"),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
    else:
        texts[part.get_content_type()] = content.decode("utf-8").replace("\r\n", "\n")


def tree(part):
    if not part.is_multipart():
        return part.get_content_type()
    return part.get_content_subtype() + "(" + " ".join(tree(p) for p in part.iter_parts()) + ")"


def addresses(name):
    if message[name] is None:
        return []
    return [{"name": a.display_name, "address": a.addr_spec} for a in message[name].addresses]


json.dump({
    "from": addresses("from"),
    "to": addresses("to"),
    "cc": addresses("cc"),
    "reply_to": addresses("reply-to"),
    "subject": message["subject"],
    "text": texts.get("text/plain", ""),
    "html": texts.get("text/html", ""),
    "tree": tree(message),
    "files": files,
    "images": images,
    "defects": defects,
}, sys.stdout)
