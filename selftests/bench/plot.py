# SPDX-License-Identifier: GPL-2.0
"""The plot of the benchmark: for each event and kernel, ours / stock in host instructions, and the bar."""

WIDTH, LEFT, ROW, TOP = 860, 170, 30, 50
SCALE = 480          # pixels for a ratio of 1
COLOURS = ("#4477aa", "#cc6677", "#228833", "#aa3377")


def text(x, y, words, anchor="start"):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'


def rect(x, y, width, height, colour):
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def row(y, name, measures, height):
    """One event: a bar for each kernel, and the line that it must not cross."""
    limit = next(m["bar"] for m in measures if m)
    yield text(LEFT - 8, y + ROW / 2 + 2, name, "end")
    for i, measure in enumerate(measures):
        if measure:
            yield rect(LEFT, y + i * height, min(measure["ratio"], 1.3) * SCALE, height - 2, COLOURS[i % 4])
            yield text(LEFT + min(measure["ratio"], 1.3) * SCALE + 4, y + (i + 1) * height - 3,
                       f"{measure['ratio']:.2f}")
    x = LEFT + limit * SCALE
    yield (f'<line x1="{x}" y1="{y - 2}" x2="{x}" y2="{y + ROW - 4}" stroke="black" '
           'stroke-width="2"/>')


def svg(results):
    """The whole picture."""
    kernels = list(results)
    names = list(dict.fromkeys(name for r in results.values() for name in r["events"]))
    height = (ROW - 6) // max(1, len(kernels))
    lines = [text(LEFT, 18, "Host instructions for an exit, ours / stock (black line: bar)")]
    for i, kernel in enumerate(kernels):
        lines += [rect(LEFT + i * 220, 26, 10, 10, COLOURS[i % 4]), text(LEFT + 16 + i * 220, 36, kernel)]
    for n, name in enumerate(names):
        measures = [results[k]["events"].get(name, {}) for k in kernels]
        lines += row(TOP + n * ROW, name, measures, height)
    total = TOP + len(names) * ROW + 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(lines) + "\n</svg>\n")
