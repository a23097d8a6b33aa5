# SPDX-License-Identifier: GPL-2.0
#
# Rows of all runs to a Markdown table; see ../../conformance-table.  Input, separated by "|":
# module, kernel, group, version, verdict, name, what was observed.  Variable kernels: in columns' order.

# What a cell says: the answer, without what was wanted (ours says it) and without the log's text.
function cell(verdict, text) {
	sub(/(; )?the host's log grew by .*/, "", text)
	gsub(/; wanted [^;]*/, "", text)
	gsub(/; the guest does not get its answer/, "", text)
	if (verdict == "NONE") return "no guest of this version"
	if (verdict == "LOG") return "right, but the host's log grows"
	if (verdict == "ok") return text == "" ? "ok" : "ok: " text
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
	verdict[key, column] = $5
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
		v = (key, columns[i]) in verdict ? verdict[key, columns[i]] : "FAIL"
		if (v == "FAIL") return 1
	}
	return 0
}

function cells_of(key,    i, cells) {
	for (i = 1; i <= nr_columns; i++) cells = cells " " at(key, columns[i]) " |"
	return cells
}

# "EVENT: CASE": the event is named once for cases that follow each other.
function join(list, name,    colon, event) {
	colon = index(name, ": ")
	event = colon ? substr(name, 1, colon) : name
	if (list != "" && event == last_event[list]) {
		delete last_event[list]
		list = list "," substr(name, colon + 1)
	} else {
		list = list (list == "" ? "" : "<br>") name
	}
	last_event[list] = event
	return list
}

# Rows of a group with the same cells share a line, and so do both versions of a row.
function details(    k, i, part, line, n, lines, names, both, version) {
	for (k = 1; k <= nr_keys; k++) {
		if (!listed(order[k])) continue
		split(order[k], part, "|")
		line = part[1] "|" part[2] "|" cells_of(order[k])
		version[line] = version[line] (version[line] == "" ? "" : ", ") substr(part[3], 2)
	}
	for (k = 1; k <= nr_keys; k++) {
		if (!listed(order[k])) continue
		split(order[k], part, "|")
		line = part[1] "|" part[2] "|" cells_of(order[k])
		if (!(line in version)) continue
		both = part[1] " | " version[line] " |" SUBSEP cells_of(order[k])
		delete version[line]
		if (!(both in names)) lines[++n] = both
		names[both] = join(names[both], part[2])
	}
	heading("group | version | case")
	for (i = 1; i <= n; i++) {
		split(lines[i], part, SUBSEP)
		print "| " part[1] " " names[lines[i]] " |" part[2]
	}
}

function is_ours_right(    k, i, bad) {
	for (k = 1; k <= nr_keys; k++)
		for (i = 1; i <= nr_columns; i++)
			if (columns[i] ~ /^es\|/ && verdict[order[k], columns[i]] != "ok") bad++
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
	print "\nRows with a wrong answer somewhere; the others are only counted above.  **Bold** is wrong:\n"
	details()
	exit !is_ours_right()
}
