"""Signed notes and their keys: published vectors, OpenSSL, and hostile input."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.transparency import notes
from app.transparency.notes import BadSignature, Checkpoint, NotANote, Signer, Verifier
from tests.support.witness import Cosigner

# The example of Go's golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
BY_PETER = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# A checkpoint of a public Certificate Transparency log, as it was published with cosignatures.
PUBLIC = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev \
zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon\
5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev \
ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 \
pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZ\
sDsUAQ==
— remora.n621.de \
2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0D\
rAWfBw==
"""
PUBLIC_LOG = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
PUBLIC_WITNESSES = [
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
]

# The examples in the C2SP specifications; the keys of them are not published.
SIGNED_NOTE = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 \
jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBI\
fZ+qnA==
"""


def encoded(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def forged(line: str) -> str:
    """The signature line with one bit of the signature flipped."""
    dash, name, made = line.split()
    blob = bytearray(base64.b64decode(made))
    blob[-1] ^= 1
    return f"{dash} {name} {encoded(bytes(blob))}\n"


def test_the_published_note_verifies_with_the_published_key() -> None:
    note = notes.parse(f"{TEXT}\n{BY_PETER}")

    assert note.text == TEXT
    assert notes.verified(note, [Verifier.parse(PETER)]) == [Verifier.parse(PETER)]


def test_the_published_signing_key_makes_the_published_signature() -> None:
    signer = Signer.parse(PETERS_SECRET)

    assert signer.sign(TEXT) == BY_PETER
    assert signer.verifier.vkey == PETER
    assert signer.skey == PETERS_SECRET


@pytest.mark.parametrize("vkey", [PUBLIC_LOG, *PUBLIC_WITNESSES])
def test_a_public_checkpoint_verifies_with_the_keys_of_its_log_and_witnesses(vkey: str) -> None:
    note, key = notes.parse(PUBLIC), Verifier.parse(vkey)

    assert key.vkey == vkey
    assert notes.verified(note, [key]) == [key]
    assert Checkpoint.parse(note.text).text == note.text


@pytest.mark.parametrize("vkey", [PUBLIC_LOG, *PUBLIC_WITNESSES])
def test_a_public_checkpoint_of_another_size_does_not(vkey: str) -> None:
    note = notes.parse(PUBLIC.replace("\n1432088532\n", "\n1432088533\n"))

    with pytest.raises(BadSignature, match="is false"):
        notes.verified(note, [Verifier.parse(vkey)])


def test_the_text_of_a_note_may_have_empty_lines() -> None:
    note = notes.parse(SIGNED_NOTE)

    assert note.text.endswith("di sole:\n\ned è subito sera.\n")
    assert [one.name for one in note.signatures] == ["quasimodo.example/salvatore"]


def test_the_example_checkpoint_is_read_as_it_is_written() -> None:
    note = notes.parse(COSIGNED)
    checkpoint = Checkpoint.parse(note.text)

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == note.text
    assert f"{note.text}\n{''.join(one.line for one in note.signatures)}" == COSIGNED


def test_a_cosignature_begins_with_its_time() -> None:
    cosignature = notes.parse(COSIGNED).signatures[1]

    assert int.from_bytes(cosignature.value[:8], "big") == 1679315147
    assert len(cosignature.value) == 72


def test_a_note_is_read_from_bytes_as_from_text() -> None:
    assert notes.parse(COSIGNED.encode()) == notes.parse(COSIGNED)


def test_signatures_of_unknown_keys_do_not_matter() -> None:
    """Neither do those that share only the name, or only the id, with a known key."""
    peter = Verifier.parse(PETER)
    blob = base64.b64decode(BY_PETER.split()[2])
    namesake = f"— PeterNeumann {encoded(b'0000' + blob[4:])}\n"
    of_same_id = f"— Somebody {encoded(blob)}\n"

    note = notes.parse(f"{TEXT}\n{forged(BY_ENOCH)}{namesake}{BY_PETER}{of_same_id}")

    assert notes.verified(note, [peter]) == [peter]


def test_a_known_key_whose_signature_is_false_rejects_the_note() -> None:
    keys = [Verifier.parse(PETER), Verifier.parse(ENOCH)]
    assert notes.verified(notes.parse(f"{TEXT}\n{BY_PETER}{BY_ENOCH}"), keys) == keys

    with pytest.raises(BadSignature, match="EnochRoot"):
        notes.verified(notes.parse(f"{TEXT}\n{BY_PETER}{forged(BY_ENOCH)}"), keys)


def test_a_second_signature_of_a_key_must_be_true_as_well() -> None:
    with pytest.raises(BadSignature):
        notes.verified(
            notes.parse(f"{TEXT}\n{BY_PETER}{forged(BY_PETER)}"), [Verifier.parse(PETER)]
        )


def test_a_key_that_signed_twice_is_named_once() -> None:
    note = notes.parse(f"{TEXT}\n{BY_PETER}{BY_PETER}")

    assert notes.verified(note, [Verifier.parse(PETER)]) == [Verifier.parse(PETER)]


@pytest.mark.parametrize("vkeys", [[], [PETER]])
def test_a_note_that_no_known_key_signed_is_rejected(vkeys: list[str]) -> None:
    with pytest.raises(BadSignature, match="No known key"):
        notes.verified(notes.parse(f"{TEXT}\n{BY_ENOCH}"), map(Verifier.parse, vkeys))


def test_a_signature_is_of_every_byte_of_the_text() -> None:
    for changed in (TEXT.replace("you", "yov", 1), TEXT + "\n", TEXT + "x\n", TEXT[1:]):
        with pytest.raises(BadSignature, match="is false"):
            notes.verified(notes.parse(f"{changed}\n{BY_PETER}"), [Verifier.parse(PETER)])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n\n",
        f"{TEXT}{BY_PETER}",
        f"\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER[:-1]}",
        f"{TEXT}\n{BY_PETER[:-1]}.",
        f"{TEXT}\n{BY_PETER}\n",
        f"{TEXT}\n{BY_PETER}Unexpected line.\n",
        f"{TEXT}\n{BY_PETER} ",
        f"{TEXT}\n {BY_PETER}",
        f"{TEXT}\r\n\r\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER[:-1]}\r\n",
        f"{TEXT}\n" + BY_PETER.replace("—", "-"),
        f"{TEXT}\n" + BY_PETER.replace("—", "–"),
        f"{TEXT}\n" + BY_PETER.replace("— ", "—"),
        f"{TEXT}\n" + BY_PETER.replace("— ", "—  "),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann ", "PeterNeumann  "),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann ", "PeterNeumann\t"),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann", "Bad Name"),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann", "Peter+Neumann"),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann", "Peter\u00a0Neumann"),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann", "Peter\u2003Neumann"),
        f"{TEXT}\n" + BY_PETER.replace("PeterNeumann ", " "),
        f"{TEXT}\n— PeterNeumann\n",
        f"{TEXT}\n— PeterNeumann \n",
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n" + BY_PETER.replace("=", ""),
        f"{TEXT}\n" + BY_PETER.replace("=", "=="),
        f"{TEXT}\n" + BY_PETER.replace("nAM=", "nAN="),
        f"{TEXT}\n" + BY_PETER.replace("/", "_"),
        f"{TEXT}\n" + BY_PETER.replace("x08", "x0\u0668"),
        f"\x01{TEXT}\n{BY_PETER}",
        f"{TEXT}\t\n\n{BY_PETER}",
        f"{TEXT}\x00\n\n{BY_PETER}",
        f"\ud800{TEXT}\n{BY_PETER}",
        b"\xff" + f"{TEXT}\n{BY_PETER}".encode(),
        f"{TEXT}\n{BY_PETER}".encode("utf-16"),
        f"{TEXT}\n{BY_PETER * 101}",
        f"{'x' * (1 << 20)}\n\n{BY_PETER}",
        f"{'è' * (1 << 19)}\n\n{BY_PETER}",
        f"{'x' * (1 << 20)}\n\n{BY_PETER}".encode(),
    ],
    ids=lambda note: repr(note[:9] + note[-9:]),
)
def test_what_is_no_note_is_not_read(note: str | bytes) -> None:
    with pytest.raises(NotANote):
        notes.parse(note)


def test_a_note_of_a_hundred_signatures_is_read() -> None:
    assert len(notes.parse(f"{TEXT}\n{BY_PETER * 100}").signatures) == 100


def test_a_verifier_key_of_which_a_part_is_missing_is_not_read() -> None:
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + (start > 0)):
            with pytest.raises(NotANote):
                Verifier.parse(PETER[start:end])


def test_a_key_with_one_letter_changed_is_not_read() -> None:
    for place in range(len(PETERS_SECRET)):
        letter = chr(ord(PETERS_SECRET[place]) + 1)
        with pytest.raises(NotANote) as caught:
            Signer.parse(PETERS_SECRET[:place] + letter + PETERS_SECRET[place + 1 :])
        assert PETERS_SECRET[-20:-5] not in str(caught.value)
    for place in range(len(PETER)):
        letter = chr(ord(PETER[place]) + 1)
        with pytest.raises(NotANote):
            Verifier.parse(PETER[:place] + letter + PETER[place + 1 :])


@pytest.mark.parametrize(
    ("vkey", "why"),
    [
        ("", "form"),
        ("PeterNeumann", "form"),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "form"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "form"),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "id"),
        # These have ids that fit them.
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "kind"),
        (Verifier("PeterNeumann", notes.ED25519, bytes(31)).vkey, "long"),
        (Verifier("PeterNeumann", notes.COSIGNATURE, bytes(33)).vkey, "long"),
        ("PeterNeumann+c74f20a3+", "kind"),
        ("PeterNeumann+c74f20a3+AR%c2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "base64"),
    ],
)
def test_what_is_no_verifier_key_is_not_read_and_is_told_why(vkey: str, why: str) -> None:
    with pytest.raises(NotANote, match=why):
        Verifier.parse(vkey)


def test_a_new_key_is_written_and_read_again() -> None:
    signer = Signer.generate("record.example.org/log")
    note = f"{TEXT}\n{signer.sign(TEXT)}"
    again = Signer.parse(signer.skey)

    assert again == signer
    assert Verifier.parse(signer.verifier.vkey) == signer.verifier
    assert notes.verified(notes.parse(note), [again.verifier]) == [signer.verifier]
    assert Signer.generate("record.example.org/log").seed != signer.seed


def test_the_secret_of_a_key_is_not_shown_with_it() -> None:
    signer = Signer.parse(PETERS_SECRET)

    assert repr(signer) == "Signer(name='PeterNeumann')"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "line\n", "\x00"])
def test_a_key_has_no_name_that_a_note_cannot_have(name: str) -> None:
    with pytest.raises(NotANote):
        Signer.generate(name)


@pytest.mark.parametrize("text", ["", "no newline at the end", "a\r\n", "a\tb\n", "\x00\n"])
def test_a_text_that_no_note_can_have_is_not_signed(text: str) -> None:
    with pytest.raises(NotANote):
        Signer.generate("example.org").sign(text)


def test_a_cosignature_is_of_its_time_too() -> None:
    witness = Cosigner("witness.example/w1")
    text = Checkpoint("example.org/log", 3, bytes(32)).text
    signature = notes.parse(f"{text}\n{witness.sign(text, 1679315147)}").signatures[0].value

    assert witness.verifier.check(text, signature)
    assert not witness.verifier.check(text, (1679315148).to_bytes(8, "big") + signature[8:])
    assert not witness.verifier.check(text, signature[8:])
    assert not witness.verifier.check(text, signature + b"\0")


def test_a_cosignature_is_of_no_time_that_is_none() -> None:
    witness = Cosigner("witness.example/w1")
    text = Checkpoint("example.org/log", 3, bytes(32)).text
    for seconds, holds in [((1 << 63) - 1, True), (1 << 63, False)]:
        signature = notes.parse(f"{text}\n{witness.sign(text, seconds)}").signatures[0].value
        assert witness.verifier.check(text, signature) is holds


def test_a_plain_signature_is_no_cosignature_and_the_other_way_round() -> None:
    witness = Cosigner("witness.example/w1")
    text = Checkpoint("example.org/log", 3, bytes(32)).text
    plain = Verifier(witness.verifier.name, notes.ED25519, witness.verifier.public)
    signature = notes.parse(f"{text}\n{witness.sign(text)}").signatures[0].value

    assert plain.key_id != witness.verifier.key_id
    assert not plain.check(text, signature)
    assert not plain.check(text, signature[8:])


def test_openssl_verifies_a_signature(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the command `openssl` is not installed")
    signer = Signer.generate("record.example.org/log")
    note = notes.parse(f"{TEXT}\n{signer.sign(TEXT)}")
    public = Ed25519PublicKey.from_public_bytes(signer.verifier.public)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "signature").write_bytes(note.signatures[0].value)
    command = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem"]

    def verify(text: str) -> int:
        (tmp_path / "text").write_text(text, encoding="utf-8")
        files = ["-in", "text", "-sigfile", "signature"]
        done = subprocess.run(
            [*command, *files], cwd=tmp_path, capture_output=True, check=False, timeout=60
        )
        return done.returncode

    assert verify(note.text) == 0
    assert verify(note.text + "x") != 0
