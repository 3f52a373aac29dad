"""results.md in parts: each script writes its own and leaves the others alone."""
import pathlib
import platform
import statistics

PATH = pathlib.Path(__file__).with_name("results.md")
PARTS = ["networks", "end to end", "t-SNE"]  # in the order of the file


def processor():
    try:
        names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores seen, {platform.system()}"
    except (OSError, IndexError):
        return f"{platform.processor() or platform.machine()}, {platform.system()}"


def median_and_range(values, form="{:.1f}"):
    """2.3 (1.9 to 2.6)"""
    return f"{form} ({form} to {form})".format(statistics.median(values), min(values), max(values))


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write(part, text):
    """Puts `text` in the place of a part, which stands between comments that Markdown does not show."""
    before = PATH.read_text() if PATH.exists() else ""
    parts = {}
    for name in PARTS:
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if start in before and end in before:
            parts[name] = before.split(start)[1].split(end)[0]
    parts[part] = text.strip() + "\n"
    PATH.write_text("# Speed\n\n" + "\n".join(
        f"<!-- {name} -->\n{parts[name]}<!-- end of {name} -->\n" for name in PARTS if name in parts))
