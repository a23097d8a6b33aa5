# SPDX-License-Identifier: GPL-2.0
#
# Rows of all runs to a Markdown table; see ../../conformance-table.  Input, separated by "|":
# module, kernel, group, version, result, name, what was observed.  Variable kernels: in columns' order.

# What a cell says: the answer, without what was wanted (ours says it) and without the log's text.
function cell(result, text) {
	sub(/(; )?the host's log grew by .*/, "", text)
	gsub(/; wanted [^;]*/, "", text)
	gsub(/; the guest does not get its answer/, "", text)
	sub(/^terminated \(3 words\); terminated \(3 words\)$/, "ended with its reason", text)
	if (result == "NONE") return "no guest of this version"
	if (result == "LOG") return "right, but the host's log grows"
	if (result == "ok") return text == "" ? "ok" : "ok: " text
	return "**" (text == "" ? "no answer" : text) "**"
}

{
	key = $3 "|" $6 "|" $4
	column = $1 "|" $2
	if (!(key in known)) {
		known[key] = 1
		order[++nr_keys] = key
		if (!($3 in first)) { first[$3] = 1; groups[++nr_groups] = $3 }
		rows_of[$3]++
	}
	result[key, column] = $5
	text[key, column] = cell($5, $7)
	count[$3, column, $5]++
}

function at(key, column) { return (key, column) in text ? text[key, column] : "**not run**" }

# "right + log" of a group in a column.
function tally(group, column,    right, log_grew) {
	right = count[group, column, "ok"] + 0
	log_grew = count[group, column, "LOG"] + 0
	return log_grew ? right " + " log_grew : right
}

function heading(what,    i, line, rule, part) {
	line = "| " what " |"
	rule = "|"
	for (i = split(what, part, "|"); i; i--) rule = rule "---|"
	for (i = 1; i <= nr_columns; i++) { line = line " " title[i] " |"; rule = rule "---|" }
	print line "\n" rule
}

function summary(    g, i, line, sum, all) {
	heading("group | rows")
	for (g = 1; g <= nr_groups; g++) {
		line = "| " groups[g] " | " rows_of[groups[g]] " |"
		for (i = 1; i <= nr_columns; i++) line = line " " tally(groups[g], columns[i]) " |"
		print line
	}
	for (i = 1; i <= nr_columns; i++)
		for (g = 1; g <= nr_groups; g++) {
			sum[i] += count[groups[g], columns[i], "ok"]
			all[i] += count[groups[g], columns[i], "LOG"]
		}
	line = "| **all** | **" nr_keys "** |"
	for (i = 1; i <= nr_columns; i++) line = line " **" sum[i] + 0 (all[i] ? " + " all[i] : "") "** |"
	print line
}

# A row is listed when some cell is neither right, nor right but for the log, nor without a guest.
function listed(key,    i, v) {
	for (i = 1; i <= nr_columns; i++) {
		v = (key, columns[i]) in result ? result[key, columns[i]] : "FAIL"
		if (v == "FAIL") return 1
	}
	return 0
}

# The columns of a module as one where they agree, else each with its kernel.
function cell_of(key, module,    i, line, first, differ) {
	for (i = 1; i <= nr_columns; i++) {
		if (columns[i] !~ "^" module "\\|") continue
		if (first == "") first = at(key, columns[i])
		differ = differ || at(key, columns[i]) != first
		line = line (line == "" ? "" : "; ") title[i] ": " at(key, columns[i])
	}
	return differ ? line : first
}

function cells_of(key,    i, cells) {
	for (i = 1; i <= nr_columns; i++)
		if (columns[i] !~ /^es\|/) cells = cells " " at(key, columns[i]) " |"
	return " " cell_of(key, "es") " |" cells
}

# A row of version 2 that differs from that of version 1 at most where the host makes no guest of version 2.
function is_like_version_1(key,    i, other, any) {
	other = key
	if (!sub(/v2$/, "v1", other) || !(other in known) || !listed(other)) return 0
	for (i = 1; i <= nr_columns; i++) {
		if ((key, columns[i]) in result && result[key, columns[i]] == "NONE") continue
		if (at(key, columns[i]) != at(other, columns[i])) return 0
		any = 1
	}
	return any
}

# Some of an event's cases, which are in NAMES, separated by line ends: a few of many stand for all.
function some(names,    n, i, part, text) {
	n = split(names, part, "\n")
	for (i = 1; i <= n && (i <= 4 || n <= 6); i++) text = text (i > 1 ? ", " : "") part[i]
	return i <= n ? text ", ... (" n ")" : text
}

# "EVENT: CASE": events that have the same cases are named together.
function render(list,    n, i, part, colon, event, names, order, nr, text, who, cases, nr_cases, out) {
	n = split(list, part, "\n")
	for (i = 1; i <= n; i++) {
		colon = index(part[i], ": ")
		event = colon ? substr(part[i], 1, colon - 1) : ""
		if (!(event in names)) order[++nr] = event
		names[event] = names[event] (event in names && names[event] != "" ? "\n" : "") substr(part[i], colon ? colon + 2 : 1)
	}
	for (i = 1; i <= nr; i++) {
		text = some(names[order[i]])
		if (!(text in who)) cases[++nr_cases] = text
		who[text] = who[text] (who[text] == "" ? "" : ", ") order[i]
	}
	for (i = 1; i <= nr_cases; i++)
		out = out (i > 1 ? "<br>" : "") (who[cases[i]] == "" ? "" : who[cases[i]] ": ") cases[i]
	return out
}

# Cells that differ in numbers only are alike; those of the first such row are shown.
function alike(cells) {
	gsub(/0x[0-9a-f]+/, "#", cells)
	gsub(/[0-9]+ (bytes|exits|fields)/, "#", cells)
	gsub(/wanted [0-9]+/, "#", cells)
	return cells
}

# Rows of a group with the same cells share a line, and so do both versions of a row.
function details(    k, i, part, key, versions, line, n, lines, names, seen_names, shown) {
	for (k = 1; k <= nr_keys; k++) {
		key = order[k]
		if (!listed(key) || is_like_version_1(key)) continue
		split(key, part, "|")
		versions = substr(part[3], 2)
		if (versions == 1 && is_like_version_1(part[1] "|" part[2] "|v2")) versions = "1, 2"
		line = part[1] " | " versions " |" SUBSEP alike(cells_of(key))
		if (!(line in names)) { lines[++n] = line; shown[line] = cells_of(key) }
		names[line] = names[line] (line in seen_names ? "\n" : "") part[2]
		seen_names[line] = 1
	}
	print "| group | version | case | ours | " stock_titles() " |\n|---|---|---|---|---|---|"
	for (i = 1; i <= n; i++) {
		split(lines[i], part, SUBSEP)
		print "| " part[1] " " render(names[lines[i]]) " |" shown[lines[i]]
	}
}

function stock_titles(    i, text) {
	for (i = 1; i <= nr_columns; i++)
		if (columns[i] !~ /^es\|/) text = text (text == "" ? "" : " | ") title[i]
	return text
}

function is_ours_right(    k, i, bad) {
	for (k = 1; k <= nr_keys; k++)
		for (i = 1; i <= nr_columns; i++)
			if (columns[i] ~ /^es\|/ && result[order[k], columns[i]] != "ok") bad++
	return !bad
}

END {
	nr_kernels = split(kernels, kernel, " ")
	for (i = 1; i <= nr_kernels; i++) {
		line = kernel[i]
		sub(/^6\.1\..*/, "6.1", line)
		sub(/^6\.12\..*/, "6.12", line)
		columns[++nr_columns] = "stock|" kernel[i]; title[nr_columns] = "stock " line
		columns[++nr_columns] = "es|" kernel[i]; title[nr_columns] = "ours " line
	}
	print "Rows that gave the right answer (\"+ n\": the right answer, but the host's log grew), by group:\n"
	summary()
	print "\nRows with a wrong answer somewhere; the others are only counted above. **Bold** is wrong:\n"
	details()
	exit !is_ours_right()
}
