// SPDX-License-Identifier: GPL-2.0
#include "serial.h"

#include <string.h>

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH };	/* registers */

#define IER_RECEIVED	1
#define IER_THR_EMPTY	2
#define IIR_NONE	1
#define IIR_THR_EMPTY	2
#define IIR_RECEIVED	4
#define IIR_FIFO	0xc0
#define FCR_FIFO	1
#define FCR_CLEAR	2
#define LCR_DIVISOR	0x80
#define MCR_IRQ		8	/* OUT2 lets the interrupt through */
#define MCR_LOOP	16
#define LSR_RECEIVED	1
#define LSR_EMPTY	0x60
#define MSR_READY	0xb0	/* carrier, data set ready, clear to send */

void serial_init(struct serial *serial, unsigned int irq,
		 void (*set_irq)(void *, unsigned int, bool), void *context)
{
	memset(serial, 0, sizeof(*serial));
	serial->irq = irq;
	serial->set_irq = set_irq;
	serial->context = context;
}

static uint8_t cause(struct serial *serial)
{
	if (serial->ier & IER_RECEIVED && serial->head != serial->tail)
		return IIR_RECEIVED;
	if (serial->ier & IER_THR_EMPTY && serial->thr_empty)
		return IIR_THR_EMPTY;
	return IIR_NONE;
}

static void update_irq(struct serial *serial)
{
	bool line = cause(serial) != IIR_NONE && serial->mcr & MCR_IRQ;

	if (line != serial->line)
		serial->set_irq(serial->context, serial->irq, line);
	serial->line = line;
}

bool serial_send(struct serial *serial, const void *data, unsigned int bytes)
{
	unsigned int i;

	if (bytes > SERIAL_QUEUE - (serial->tail - serial->head))
		return false;
	for (i = 0; i < bytes; i++)
		serial->queue[serial->tail++ % SERIAL_QUEUE] = ((const uint8_t *)data)[i];
	update_irq(serial);
	return true;
}

bool serial_take(struct serial *serial, void *data, unsigned int bytes)
{
	unsigned int i;

	if (serial->nr_sent - serial->nr_taken < bytes)
		return false;
	for (i = 0; i < bytes; i++)
		((uint8_t *)data)[i] = serial->sent[serial->nr_taken++ % SERIAL_SENT];
	return true;
}

/* Give an edge, if the line is high: one interrupt too many does no harm. */
void serial_renew_irq(struct serial *serial)
{
	serial->line = false;
	update_irq(serial);
}

static uint8_t receive(struct serial *serial)
{
	return serial->head == serial->tail ? 0 : serial->queue[serial->head++ % SERIAL_QUEUE];
}

/* Read the cause of the interrupt, which clears the interrupt. */
static uint8_t read_iir(struct serial *serial)
{
	uint8_t iir = cause(serial);

	if (iir == IIR_THR_EMPTY)
		serial->thr_empty = false;
	return iir | (serial->fifo ? IIR_FIFO : 0);
}

/* Return the modem's inputs; in a loop the outputs come back as inputs. */
static uint8_t modem_status(struct serial *serial)
{
	uint8_t mcr = serial->mcr;

	return mcr & MCR_LOOP ? (mcr & 0xc) << 4 | (mcr & 2) << 3 | (mcr & 1) << 5 : MSR_READY;
}

static uint8_t read_register(struct serial *serial, uint16_t offset)
{
	bool divisor = serial->lcr & LCR_DIVISOR && offset <= IER;

	if (divisor)
		return serial->divisor[offset];
	switch (offset) {
	case DATA:
		return receive(serial);
	case IER:
		return serial->ier;
	case IIR:
		return read_iir(serial);
	case LCR:
		return serial->lcr;
	case MCR:
		return serial->mcr;
	case LSR:
		return LSR_EMPTY | (serial->head != serial->tail ? LSR_RECEIVED : 0);
	case MSR:
		return modem_status(serial);
	default:
		return serial->scratch;
	}
}

static void transmit(struct serial *serial, uint8_t byte)
{
	serial->sent[serial->nr_sent++ % SERIAL_SENT] = byte;
	serial->thr_empty = false;
	update_irq(serial);
	serial->thr_empty = true;
}

static void write_ier(struct serial *serial, uint8_t value)
{
	if (value & ~serial->ier & IER_THR_EMPTY)
		serial->thr_empty = true;
	serial->ier = value & 0xf;
}

static void write_fcr(struct serial *serial, uint8_t value)
{
	serial->fifo = value & FCR_FIFO;
	if (value & FCR_CLEAR)
		serial->head = serial->tail;
}

static void write_register(struct serial *serial, uint16_t offset, uint8_t value)
{
	if (serial->lcr & LCR_DIVISOR && offset <= IER) {
		serial->divisor[offset] = value;
		return;
	}
	switch (offset) {
	case DATA:
		transmit(serial, value);
		break;
	case IER:
		write_ier(serial, value);
		break;
	case IIR:
		write_fcr(serial, value);
		break;
	case LCR:
		serial->lcr = value;
		break;
	case MCR:
		serial->mcr = value & 0x1f;
		break;
	case SCRATCH:
		serial->scratch = value;
		break;
	}
}

uint32_t serial_in(void *serial, uint16_t offset, unsigned int bytes)
{
	uint8_t value = read_register(serial, offset);

	(void)bytes;
	update_irq(serial);
	return value;
}

void serial_out(void *serial, uint16_t offset, unsigned int bytes, uint32_t value)
{
	(void)bytes;
	write_register(serial, offset, value);
	update_irq(serial);
}
