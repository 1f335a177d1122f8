# SPDX-License-Identifier: GPL-2.0
# Draws a log of lab/recording as an SVG: a terminal in which the lines appear one after another. Lines of the log are
# `MILLISECONDS<tab>TEXT`. A wait is shown as `longest` milliseconds at most, a line stays alone for `shortest` at least,
# and a command for `typing`. Without animation the picture is the last screen.

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# The colour of a line: commands, steps of the lab, how they ended, and what the commands print.
function class_of(text) {
	if (text ~ /^# / && text !~ /^# file:/) return "c"
	if (text ~ /^==> |^## /) return "s"
	if (text ~ / 0 failed/) return "g"
	if (text ~ /^    /) return "d"
	return ""
}

BEGIN {
	FS = "\t"
	rows = 36; height = 16; size = 12.5; advance = 7.53; margin = 14
	longest = 1500; shortest = 90; typing = 450
}

{
	time = $1
	sub(/^[^\t]*\t/, "")
	wait = NR > 1 ? time - last : 0
	last = time
	least = $0 ~ /^# / ? typing : shortest
	if (wait < least) wait = least
	if (wait > longest) wait = longest
	shown[NR] = shown[NR - 1] + wait
	line[NR] = $0
	if (length($0) > columns) columns = length($0)
}

END {
	if (rows > NR) rows = NR
	end = shown[NR] + longest
	across = int(columns * advance + 2 * margin + 0.5)
	down = rows * height + 2 * margin
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"A recording of make demo\">\n", across, down, across, down
	print "<title>A recording of make demo</title>"
	print "<style>"
	print "rect{fill:#f6f8fa;stroke:#d1d9e0}"
	printf "text{font:%spx ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#1f2328}\n", size
	print ".c{font-weight:bold}.s{fill:#0550ae}.g{fill:#116329}.d{fill:#59636e}"
	print "@media(prefers-color-scheme:dark){rect{fill:#0d1117;stroke:#3d444d}text{fill:#e6edf3}.s{fill:#79c0ff}.g{fill:#7ee787}.d{fill:#9198a1}}"
	print "@media(prefers-reduced-motion:no-preference){"
	printf "text{animation:show 1ms both}#screen{animation:scroll %.2fs step-end both}\n", end / 1000
	print "@keyframes show{from{opacity:0}}"
	printf "@keyframes scroll{0%%{transform:translateY(0)}"
	for (i = rows + 1; i <= NR; i++) printf "%.2f%%{transform:translateY(%dpx)}", shown[i] * 100 / end, (rows - i) * height
	printf "100%%{transform:translateY(%dpx)}}\n}\n", (rows - NR) * height
	print "</style>"
	printf "<clipPath id=\"window\"><rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n", margin, across, rows * height
	printf "<rect x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", across - 1, down - 1
	printf "<g clip-path=\"url(#window)\"><g id=\"screen\" transform=\"translate(0,%d)\" xml:space=\"preserve\">\n", (rows - NR) * height
	for (i = 1; i <= NR; i++) {
		if (line[i] == "") continue
		class = class_of(line[i])
		printf "<text x=\"%d\" y=\"%d\"%s style=\"animation-delay:%.2fs\">%s</text>\n", margin, margin + i * height - 4, (class == "" ? "" : " class=\"" class "\""), shown[i] / 1000, escaped(line[i])
	}
	print "</g></g>\n</svg>"
}
