"""Bar charts as SVG."""

from html import escape

WIDTH, LEFT, BAR, GAP, HEADING = 760, 150, 16, 4, 30
COLOURS = {"ours": "#1565c0", "runnerconf": "#0d3c75"}
OTHERS = "#9aa5b1"


def bars(path, title, groups):
    """Writes a chart. `groups` are pairs of a heading and rows; a row is a name, a value, its low and its high."""
    most = max(row[3] for _, rows in groups for row in rows)
    scale = (WIDTH - LEFT - 90) / most
    parts, y = [], 44
    for heading, rows in groups:
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(heading)}</text>')
        y += 8
        for name, value, low, high in rows:
            middle = y + BAR / 2
            colour = COLOURS.get(name, OTHERS)
            parts += [
                f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{BAR}" fill="{colour}"/>',
                f'<path d="M{LEFT + low * scale:.1f} {middle}H{LEFT + high * scale:.1f}" stroke="#000"/>',
                f'<text x="{LEFT + high * scale + 6:.1f}" y="{middle + 4}">{value:.2f}</text>',
            ]
            y += BAR + GAP
        y += HEADING
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - HEADING + 12}" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="20" font-size="15">{escape(title)}</text>'
    )
    path.write_text(head + "".join(parts) + "</svg>\n", encoding="utf-8")
