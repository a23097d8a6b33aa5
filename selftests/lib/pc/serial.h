/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A serial port with a 16550A: a queue towards the guest, the last bytes that the guest sent, an
 * interrupt.
 *
 * Source: National Semiconductor PC16550D data sheet.
 */
#ifndef ES_PC_SERIAL_H
#define ES_PC_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#define SERIAL_PORTS	8
#define SERIAL_QUEUE	8192
#define SERIAL_SENT	65536

struct serial {
	uint8_t ier, lcr, mcr, scratch, divisor[2];
	bool fifo, thr_empty;	/* thr_empty: its interrupt waits */
	bool line;		/* as the interrupt controller has it */
	uint8_t queue[SERIAL_QUEUE];
	unsigned int head, tail;	/* of the queue; both count on */
	uint8_t sent[SERIAL_SENT];	/* by the guest */
	unsigned int nr_sent, nr_taken;	/* both count on */
	unsigned int irq;
	void (*set_irq)(void *context, unsigned int irq, bool level);
	void *context;
};

void serial_init(struct serial *serial, unsigned int irq,
		 void (*set_irq)(void *, unsigned int, bool), void *context);
/* Send to the guest; false: the queue is full. */
bool serial_send(struct serial *serial, const void *data, unsigned int bytes);
/* Take the guest's next bytes; false: there are not that many yet. */
bool serial_take(struct serial *serial, void *data, unsigned int bytes);
/* Set the line in the new VM's interrupt controllers after a move. */
void serial_renew_irq(struct serial *serial);
uint32_t serial_in(void *serial, uint16_t offset, unsigned int bytes);
void serial_out(void *serial, uint16_t offset, unsigned int bytes, uint32_t value);

#endif
