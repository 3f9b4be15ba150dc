"""Writes golden.json: what CLIP's own steps make of texts that need repair.

Usage: python make_golden.py VOCABULARY    (needs ftfy and regex; VOCABULARY is OpenAI's list of merges,
bpe_simple_vocab_16e6.txt, which the crate instant-clip-tokenizer carries)
"""

import html
import json
import sys
from pathlib import Path

import ftfy
import regex

here = Path(__file__).parent
merges = [tuple(line.split()) for line in open(sys.argv[1], encoding="utf-8")][1:48895]
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
rest = [byte for byte in range(256) if byte not in printable]
letter = {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(rest)}
order = [letter[byte] for byte in printable + rest]
ids = {token: i for i, token in enumerate(order + [c + "</w>" for c in order] + ["".join(m) for m in merges])}
rank = {pair: i for i, pair in enumerate(merges)}
words = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", regex.IGNORECASE)


def clean(text):
    text = html.unescape(html.unescape(ftfy.fix_text(text)))
    return regex.sub(r"\s+", " ", text).strip().lower()


def encode(text):
    out = []
    for word in words.findall(clean(text)):
        parts = [letter[byte] for byte in word.encode()]
        parts[-1] += "</w>"
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: rank.get(pair, len(rank)))
            if best not in rank:
                break
            merged, i = [], 0
            while i < len(parts):
                if tuple(parts[i : i + 2]) == best:
                    merged.append("".join(best))
                    i += 2
                else:
                    merged.append(parts[i])
                    i += 1
            parts = merged
        out += [ids[part] for part in parts]
    return [49406, *out, 49407]


texts = [
    "“Raised” brows — it’s a ‘smile’",
    "ＦＵＬＬ　ｗｉｄｔｈ, ﾊﾝｶｸ ﾊﾞ",
    "ﬁerce, ﬂat and ﬀ; ĳs, ŉ, ǆ",
    "e\u0301 composed, a\u030a too, \ufeffmark",
    "tab\there\r\nline\u2028separator\u00a0space \u200bzero",
    "&lt;eyes&gt; &amp;amp; &quot;brows&quot; &eacute; &#233; &#xe9; &hellip;",
    "1 < 2 &amp; &ldquo;lips&rdquo; &amp;amp;quot;",
    "&#147;numbered quotes&#148; and &#150;",
    "bell\x07 and \x1f unit",
    "Straße, ÉTÉ, İstanbul, ΣΑΣ, ДОМ",
    "مرحبا नमस्ते 你好 한국어",
    "³ ½ Ⅷ ٣ 2nd 4x4",
    "😀😢 👩‍🔬 ❤️",
    "<start_of_text>hi!<end_of_text> <START_OF_TEXT>",
    "!!!??? ... --- ___ ~~ `code` $5.00 50%",
    "I'D say they'Re 'twas 'SO",
    "she&#39;s o&rsquo;clock &nbsp; &unknown; &;",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "",
    "   ",
    "brows raised and drawn together, tense lower eyelids, and lips stretched sideways.",
]
golden = [{"text": text, "clean": clean(text), "ids": encode(text)} for text in texts]
(here / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, indent=0) + "\n")
