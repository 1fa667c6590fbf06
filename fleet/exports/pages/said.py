"""Technical sentences in the language of whoever looks.

Workers write them down in English, as they come to them; here each is found again by its words. One
that is not known stays English: what a server or a line says of itself.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from fleet.exports.ends import End, label

SENTENCES = (
    _("No study source of %(region)s is enabled: add one."),
    _(
        "The contract of %(region)s gives no study_uid, by which %(source)s looks studies "
        "up. Provide that column there, or look them up by an attribute."
    ),
    _("The study has %(n)s bytes; the policy of %(region)s allows %(most)s."),
    _("The study has %(n)s files; the policy of %(region)s allows %(most)s."),
    _("%(region)s knows no study by this reference."),
    _(
        "%(region)s says that the study was moved to an archive of another kind, which is "
        "not among its study sources."
    ),
    _("The archive of %(region)s no longer has it: it was kept until %(day)s."),
    _(
        "The archive of %(region)s no longer has it: it keeps studies for %(n)s days, and "
        "this one is from %(day)s."
    ),
    _("%(region)s says that it has let the study expire."),
    _("%(region)s says that the study was deleted."),
    _(
        "%(region)s has the study of %(day)s in its records, and its archive no longer "
        "has the images, though they have not expired."
    ),
    _(
        "%(region)s has the study in its records, and its archive no longer has the "
        "images, though they have not expired."
    ),
    _(
        "%(region)s has the study of %(day)s in its records, and its archive no longer "
        "has the images. For how long it keeps studies is not known here: tell it in the "
        "study source."
    ),
    _(
        "%(region)s has the study in its records, and its archive no longer has the "
        "images. For how long it keeps studies is not known here: tell it in the study "
        "source."
    ),
    _("The archive no longer has the study."),
    _("The study has %(n)s files; the region's policy allows %(most)s."),
    _("The study has %(n)s bytes or more; the region's policy allows %(most)s."),
    _(
        "The study needs %(needed)s MiB in the export folder, and %(there)s MiB are there "
        "for it. Make room, or wait until packages expire."
    ),
    _("No space is left in the export folder. Make room there, then resume the export."),
    _(
        "The export folder cannot be written (%(error)s). Give Fleet's worker the right "
        "to write there."
    ),
    _("Fleet's own error: %(error)s; the exporter's log has it."),
    _("The archive sent files of several studies."),
    _("Not every contact sheet can be drawn, and nobody could look it through."),
    _("%(end)s: Nothing is left: %(ends)s."),
    _("%(end)s: File %(n)s belongs to another study: fetch it again."),
    _("%(end)s: The disk was full at file %(n)s: free some space."),
    _("No enabled access path leads there. Enable or add one."),
    _("%(source)s answers something else than a PACS does. Check its host and port."),
    _(
        "%(source)s answers something else than its kind of server does. Check its kind, "
        "host, port and path."
    ),
    _("%(source)s answers what no SFTP server may. Check that server."),
    _("%(source)s does not answer in time. Check that server and the line."),
    _("%(source)s does not answer within %(n)s s. Check that server and the line."),
    _("%(source)s sent %(n)s bytes within %(seconds)s s. Check that server and the line."),
    _("%(source)s broke off the connection, or the line did. It is tried again."),
    _("%(source)s is busy. It is tried again."),
    _(
        "%(source)s ended the association. It is tried again; if it goes on, ask its "
        "administrator whether it knows our AE title %(title)s."
    ),
    _(
        "%(source)s does not let us use %(service)s. Ask its administrator to allow it to "
        "our AE title."
    ),
    _("%(source)s refuses us. Ask its administrator to allow associations from us."),
    _("%(source)s does not know our AE title %(title)s. Ask its administrator to add it."),
    _(
        "%(source)s has no archive %(title)s that we may see. Set its AE title, or have "
        "ours added there."
    ),
    _(
        "%(source)s has more than one study with this reference. Look studies up by an "
        "attribute that is unique there, or by UID."
    ),
    _(
        "%(source)s lists two images of the study under the same UID. Ask the region to "
        "repair the study."
    ),
    _("%(source)s refuses with the DICOM status %(status)s. Read that server's log."),
    _("%(source)s refuses with the SFTP status %(status)s. Read that server's log."),
    _("%(source)s answers with the error %(status)s. Read that server's log."),
    _(
        "%(source)s refuses the login (%(status)s). Set the user and password of the "
        "source, or give that user the right there."
    ),
    _(
        "%(source)s points to another address (%(status)s), which is not followed. Set "
        "host, port and path of the source to where the archive answers itself."
    ),
    _(
        "%(source)s does not send an image (DICOM status %(status)s): its file is damaged "
        "there, or in an encoding that it does not send. Read that server's log."
    ),
    _(
        "%(source)s sends something else than the image that it was asked for. Nothing of "
        "it was kept. Check that server."
    ),
    _("%(source)s does not come to an end of its list. Check that server."),
    _(
        "%(source)s does not have the study any more: it was deleted meanwhile. Ask the "
        "region whether it can be restored."
    ),
    _(
        "%(source)s sends more bytes of an instance than it announced or than are "
        "allowed. Check that server; nothing of the instance was kept."
    ),
    _(
        "%(source)s sent %(n)s bytes of an instance that has %(most)s by its own list. "
        "Check that server's storage."
    ),
    _(
        "%(source)s sent an instance whose MD5 is not the one that it names. Check that "
        "server's storage and the line."
    ),
    _(
        "%(source)s cannot be asked for a study whose reference holds *, ? or \\. Look "
        "studies up by UID."
    ),
    _(
        "%(source)s is asked by UID, but the region's contract gives none of this study. "
        "Give study_uid in its view study, or look studies up by an attribute."
    ),
    _(
        "%(source)s has something else than files and folders there: links, devices or "
        "impossible names, which are not followed. Ask the region to put the files there."
    ),
    _(
        "%(source)s does not let its files be read. Give the user of the access path's "
        "last hop the right to read them."
    ),
    _(
        "%(source)s has a file that changed since it was listed, or that is of another "
        "size than listed. It is fetched anew when it stays as it is."
    ),
    _(
        "%(source)s: the SSH server does not offer SFTP to this user. Allow the subsystem "
        "sftp there."
    ),
    _(
        "%(source)s: the folder %(folder)s is not there. Set the source's folder as the "
        "SSH server's user sees it."
    ),
    _(
        "%(source)s has more than %(n)s files in a study's folder, or folders deeper than "
        "%(depth)s. Check which folder it names."
    ),
    _(
        "%(source)s has folders named by UID, but the region's contract gives none of "
        "this study. Provide the UIDs there, or name folders by {study_ref}."
    ),
    _(
        "%(source)s has folders named by the study's reference, and this one cannot be a "
        "folder's name. Name folders by {study_uid}."
    ),
    _(
        "%(source)s does not answer the TLS handshake in time. Check that server and the "
        "line, and whether it speaks TLS on that port."
    ),
    _(
        "%(source)s broke off the TLS handshake, or the line did. It is tried again; if "
        "it goes on, check whether the archive speaks TLS on that port."
    ),
    _(
        "%(source)s: the file %(path)s cannot be read (%(error)s). Put the certificate of "
        "the archive's CA there as PEM, readable for the exporter."
    ),
    _(
        "%(source)s shows the certificate sha256:%(shown)s, but sha256:%(pinned)s is "
        "pinned. Somebody may stand between: ask the region's administrator before you "
        "pin another."
    ),
    _(
        "%(source)s shows a certificate for another name than %(host)s. Write the host as "
        "the certificate names it, or pin the certificate's fingerprint."
    ),
    _(
        "%(source)s shows a certificate for which %(path)s does not vouch (%(error)s). "
        "Put the right CA's certificate there, or pin the archive's own by its "
        "fingerprint."
    ),
    _(
        "%(source)s does not speak TLS as we do on that port. Check the port, and whether "
        "the archive offers TLS 1.2; leave the certificate empty for plain HTTP."
    ),
)
SOURCE = _("The study source %(name)s")


def said(sentence: str) -> str:
    """Return the sentence in the active language, or as it is where nobody translated it."""
    for pattern, known in _patterns():
        if found := pattern.fullmatch(sentence):
            return gettext(known) % {
                name: _value(name, value) for name, value in found.groupdict().items()
            }
    return sentence


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(known), known) for known in SENTENCES)


def _pattern(known: str) -> re.Pattern[str]:
    """Return what matches the text with anything in its places."""
    places = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(known))
    return re.compile(places, re.DOTALL)


def _value(name: str, value: str) -> str:
    """Return a value of a sentence: a source, a day and ends are words too."""
    if name == "source" and (found := _pattern(SOURCE).fullmatch(value)):
        return gettext(SOURCE) % found.groupdict()
    if name in {"end", "ends"}:
        return ", ".join(label(End(one)) if one in set(End) else one for one in value.split(", "))
    if name == "day":
        return _day(value)
    return value


def _day(text: str) -> str:
    try:
        day = datetime.strptime(text, "%d %B %Y").replace(tzinfo=UTC)
    except ValueError:
        return text
    return date_format(day, "j E Y")
