// SPDX-License-Identifier: GPL-2.0
#include "link.h"

#include <fcntl.h>
#include <stdint.h>
#include <termios.h>
#include <unistd.h>

static int port;

bool link_open(void)
{
	struct termios settings;

	port = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
	if (port < 0 || tcgetattr(port, &settings))
		return false;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&settings, B115200);
	return !tcsetattr(port, TCSANOW, &settings);
}

bool link_read(void *data, size_t bytes)
{
	ssize_t got;

	while (bytes && (got = read(port, data, bytes)) > 0) {
		data = (uint8_t *)data + got;
		bytes -= got;
	}
	return !bytes;
}

bool link_write(const void *data, size_t bytes)
{
	ssize_t put;

	while (bytes && (put = write(port, data, bytes)) > 0) {
		data = (const uint8_t *)data + put;
		bytes -= put;
	}
	return !bytes;
}
