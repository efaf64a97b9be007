"""The text side: a small vocabulary in CLIP's format, and an encoder that
understands captions before the first picture is seen.

The vocabulary is byte-pair merges over the words that captions can hold, so
each of them is one token; any other word still has a spelling. The encoder is
first taught to read captions by naming what is drawn (family, layout, scale,
and so on): that costs minutes, and the UNet finds
the meaning of the words ready instead of having to learn English from blobs.
"""

import json
import os
from collections import Counter

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

START, END = "<|startoftext|>", "<|endoftext|>"
TOKENS = 32  # model_max_length

SPLIT = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""

# What a drawing is. Each is one classification head of the reading lesson.
ATTRIBUTES = ("family", "layout", "scale", "density", "direction", "secondary", "outline", "style", "positions")


def byte_alphabet():
    """The 256 visible characters of byte-level BPE in CLIP's order (GPT-2's table)."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    chars = [chr(b) for b in keep]
    chars += [chr(256 + n) for n in range(256 - len(keep))]
    return chars


def learn_merges(words):
    """Byte-pair merges that join each of the words to one token, most frequent pair first."""
    spellings = Counter()
    for word in words:
        spellings[(*word[:-1], word[-1] + "</w>")] += 1
    merges = []
    while True:
        pairs = Counter()
        for spelling, n in spellings.items():
            for pair in zip(spelling, spelling[1:]):
                pairs[pair] += n
        if not pairs:
            return merges
        # Ties are broken by the letters, so that the same words give the same vocabulary.
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        joined = Counter()
        for spelling, n in spellings.items():
            out, i = [], 0
            while i < len(spelling):
                if spelling[i : i + 2] == best:
                    out.append(spelling[i] + spelling[i + 1])
                    i += 2
                else:
                    out.append(spelling[i])
                    i += 1
            joined[tuple(out)] += n
        spellings = joined


def write_tokenizer(folder, words):
    """Writes vocab.json, merges.txt and the rest of a CLIPTokenizer to folder."""
    lower = sorted({w.lower() for w in words if w.isascii() and w.isalpha()})
    merges = learn_merges(lower)
    letters = byte_alphabet()
    tokens = letters + [c + "</w>" for c in letters] + [a + b for a, b in merges]
    vocab = {}
    for token in tokens + [START, END]:
        vocab.setdefault(token, len(vocab))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as f:
        json.dump(vocab, f)
    # For people and programs that ask what the captions said: the vocabulary holds parts of words as well.
    with open(os.path.join(folder, "words.txt"), "w", encoding="utf-8") as f:
        f.write("".join(w + "\n" for w in lower))
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as f:
        json.dump({
            "bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END,
            "model_max_length": TOKENS, "tokenizer_class": "CLIPTokenizer",
        }, f, indent=2)
    with open(os.path.join(folder, "special_tokens_map.json"), "w", encoding="utf-8") as f:
        json.dump({"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}, f, indent=2)
    fast_tokenizer(folder).save(os.path.join(folder, "tokenizer.json"))


def fast_tokenizer(folder):
    """The tokenizer of a folder, without padding or truncation."""
    tokenizer = Tokenizer(models.BPE.from_file(
        os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"),
        end_of_word_suffix="</w>", continuing_subword_prefix="", unk_token=END, fuse_unk=False,
    ))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([START, END])
    vocab = tokenizer.get_vocab()
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocab[END]), (START, vocab[START]), trim_offsets=False, add_prefix_space=False)
    return tokenizer


class Reader:
    """Captions to token ids, int16 [n, TOKENS], padded with the end token as CLIP does."""

    def __init__(self, folder):
        self.tokenizer = fast_tokenizer(folder)
        vocab = self.tokenizer.get_vocab()
        self.size, self.start, self.end = len(vocab), vocab[START], vocab[END]
        self.cut = 0  # captions that were longer than TOKENS

    def __call__(self, captions):
        ids = np.full((len(captions), TOKENS), self.end, np.int16)
        for row, encoding in zip(ids, self.tokenizer.encode_batch(list(captions))):
            found = encoding.ids
            if len(found) > TOKENS:
                self.cut += 1
                found = found[: TOKENS - 1] + [self.end]
            row[: len(found)] = found
        return ids


def build_encoder(reader, width=192, layers=3, heads=3):
    """A CLIPTextModel with fresh weights."""
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=reader.size, hidden_size=width, intermediate_size=4 * width, projection_dim=width,
        num_hidden_layers=layers, num_attention_heads=heads, max_position_embeddings=TOKENS,
        hidden_act="quick_gelu", bos_token_id=reader.start, eos_token_id=reader.end, pad_token_id=reader.end,
    ))


class Lesson(nn.Module):
    """One linear head per attribute over every position from the end token on.

    A caption does not say everything; of what it leaves out, the best answer is
    how often each value goes with the rest, and that is what the loss asks for.
    """

    def __init__(self, width, answers):
        super().__init__()
        self.answers = answers  # attribute -> list of values as text
        self.heads = nn.ModuleDict({a: nn.Linear(width, len(v)) for a, v in answers.items()})

    def targets(self, labels):
        index = {a: {v: i for i, v in enumerate(values)} for a, values in self.answers.items()}
        return {a: torch.tensor([index[a][str(label[a])] for label in labels]) for a in self.answers}

    def forward(self, hidden, ids, end, targets):
        """Mean loss, and per attribute the share named right at the end token."""
        # Padding is the end token again: all these positions see the whole caption.
        tail = (ids == end).float()
        first = tail.argmax(1)
        loss, right = 0, {}
        for a, head in self.heads.items():
            logits = head(hidden)
            want = targets[a]
            each = nn.functional.cross_entropy(
                logits.flatten(0, 1), want[:, None].expand_as(ids).flatten(), reduction="none").view_as(tail)
            loss = loss + (each * tail).sum() / tail.sum()
            right[a] = (logits[torch.arange(len(ids)), first].argmax(1) == want).float().mean().item()
        return loss / len(self.heads), right


def teach(encoder, reader, labels, steps, seed, log, batch=64, rate=1e-3, device="cpu"):
    """The reading lesson. Returns the shares named right on full captions of drawings not learnt from."""
    values = {a: sorted({str(label[a]) for label in labels}) for a in ATTRIBUTES}
    values = {a: v for a, v in values.items() if len(v) > 1}
    torch.manual_seed(seed)
    lesson = Lesson(encoder.config.hidden_size, values).to(device)
    encoder.to(device).train()
    held, labels = labels[: len(labels) // 10], labels[len(labels) // 10 :]
    weights = [*encoder.parameters(), *lesson.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    rng = np.random.default_rng(seed)
    targets = lesson.targets(labels)
    tables = [reader([label[key] for label in labels]) for key in ("caption", "full")]
    for step in range(steps):
        ids = tables[int(rng.random() < 0.3)]
        pick = rng.integers(0, len(labels), batch)
        tokens = torch.from_numpy(ids[pick]).long().to(device)
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100) * min(1, (steps - step) / (0.5 * steps))
        loss, _ = lesson(encoder(tokens).last_hidden_state, tokens, reader.end, {a: t[pick].to(device) for a, t in targets.items()})
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1)
        optimizer.step()
        if step % 100 == 0:
            log(f"text step {step} loss {loss.item():.4f}")
    encoder.eval()
    with torch.no_grad():
        tokens = torch.from_numpy(reader([label["full"] for label in held])).long().to(device)
        targets = {a: t.to(device) for a, t in lesson.targets(held).items()}
        _, right = lesson(encoder(tokens).last_hidden_state, tokens, reader.end, targets)
    return right
