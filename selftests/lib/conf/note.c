// SPDX-License-Identifier: GPL-2.0
/*
 * The text of a row's line: what was observed, and what is wrong with it.
 */
#include "conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Append to the text, after "; " unless it ends in a blank. */
static void add_text(struct conf *c, const char *format, va_list args)
{
	size_t len = strlen(c->note);

	if (len && len + 3 < sizeof(c->note) && c->note[len - 1] != ' ')
		len += snprintf(c->note + len, sizeof(c->note) - len, "; ");
	vsnprintf(c->note + len, sizeof(c->note) - len, format, args);
}

void conf_note(struct conf *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_text(c, format, args);
	va_end(args);
}

void conf_complain(struct conf *c, const char *format, ...)
{
	va_list args;

	c->failed = true;
	va_start(args, format);
	add_text(c, format, args);
	va_end(args);
}
