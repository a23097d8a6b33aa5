// SPDX-License-Identifier: GPL-2.0
/*
 * The run loop of a vCPU, in a separate thread.
 */
#include "vm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "env.h"

#define KICK_AGAIN_MS	50

static void on_kick(int signal)
{
	(void)signal;
}

static void log_exit(struct vmm_vcpu *vcpu, int run_errno)
{
	char *text = vcpu->exits[vcpu->nr_exits++ % ES_EXIT_LOG];
	const struct kvm_run *run = vcpu->run;
	size_t size_bytes = sizeof(vcpu->exits[0]);

	if (run_errno)
		snprintf(text, size_bytes, "errno %d", run_errno);
	else if (run->exit_reason == KVM_EXIT_IO)
		snprintf(text, size_bytes, "IO %s 0x%x", run->io.direction ? "out" : "in",
			 run->io.port);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		snprintf(text, size_bytes, "MMIO 0x%llx", run->mmio.phys_addr);
	else if (run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
		snprintf(text, size_bytes, "SYSTEM_EVENT %u 0x%llx", run->system_event.type,
			 run->system_event.data[0]);
	else
		snprintf(text, size_bytes, "exit %u", run->exit_reason);
}

static bool is_doorbell(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO && run->io.port == AGENT_DOORBELL &&
	       run->io.direction == KVM_EXIT_IO_OUT;
}

/* Handle EAGAIN: a vCPU that waited for its SIPI continues; and EINTR: a signal ended KVM_RUN. */
static void check_exit(struct vmm_vcpu *vcpu, int run_errno)
{
	struct vmm_vm *vm = vcpu->vm;

	if (run_errno == EINTR || run_errno == EAGAIN)
		return;
	log_exit(vcpu, run_errno);
	if (!run_errno && is_doorbell(vcpu->run)) {
		vcpu->at_doorbell = true;
	} else if (run_errno || !vm->on_exit || !vm->on_exit(vcpu, vcpu->run)) {
		vcpu->stopped = true;
		vcpu->run_errno = run_errno;
	} else {
		return;
	}
	if (vcpu->wish == ES_VCPU_GO)
		vcpu->wish = ES_VCPU_STOP;
}

static void *vcpu_thread(void *arg)
{
	struct vmm_vcpu *vcpu = arg;
	struct vmm_vm *vm = vcpu->vm;
	int run_errno;

	pthread_mutex_lock(&vm->lock);
	while (vcpu->wish != ES_VCPU_QUIT) {
		vcpu->running = vcpu->wish == ES_VCPU_GO;
		pthread_cond_broadcast(&vm->changed);
		if (!vcpu->running) {
			pthread_cond_wait(&vm->changed, &vm->lock);
			continue;
		}
		vcpu->run->immediate_exit = 0;
		pthread_mutex_unlock(&vm->lock);
		run_errno = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? errno : 0;
		pthread_mutex_lock(&vm->lock);
		check_exit(vcpu, run_errno);
	}
	vcpu->running = false;
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	return NULL;
}

void vmm_vcpu_start_thread(struct vmm_vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = on_kick };

	sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu))
		vmm_fail("starting the thread of vCPU %u failed", vcpu->nr);
}

static struct timespec from_now(unsigned int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000l;
	if (t.tv_nsec >= 1000000000l) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000l;
	}
	return t;
}

/*
 * Wish STOP or QUIT and kick until the thread is out; false after MS.  Caller must hold vm->lock.
 */
static bool take_out(struct vmm_vcpu *vcpu, enum vmm_vcpu_wish wish, unsigned int ms)
{
	struct vmm_vm *vm = vcpu->vm;
	unsigned int waited_ms;

	vcpu->wish = wish;
	pthread_cond_broadcast(&vm->changed);
	for (waited_ms = 0; vcpu->running && waited_ms < ms; waited_ms += KICK_AGAIN_MS) {
		struct timespec until = from_now(KICK_AGAIN_MS);

		vcpu->run->immediate_exit = 1;
		pthread_kill(vcpu->thread, SIGUSR1);
		while (vcpu->running && !pthread_cond_timedwait(&vm->changed, &vm->lock, &until))
			;
	}
	return !vcpu->running;
}

void vmm_vcpu_end_thread(struct vmm_vcpu *vcpu)
{
	struct vmm_vm *vm = vcpu->vm;
	bool out;

	pthread_mutex_lock(&vm->lock);
	out = take_out(vcpu, ES_VCPU_QUIT, vmm_time_limit_s() * 1000);
	pthread_mutex_unlock(&vm->lock);
	if (!out)
		vmm_fail("vCPU %u does not leave KVM_RUN although it was sent a signal", vcpu->nr);
	pthread_join(vcpu->thread, NULL);
}

void vmm_vcpu_go(struct vmm_vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->vm->lock);
	vcpu->at_doorbell = false;
	vcpu->stopped = false;
	vcpu->wish = ES_VCPU_GO;
	vcpu->running = true;
	pthread_cond_broadcast(&vcpu->vm->changed);
	pthread_mutex_unlock(&vcpu->vm->lock);
}

void vmm_vcpu_pause(struct vmm_vcpu *vcpu)
{
	bool out;

	pthread_mutex_lock(&vcpu->vm->lock);
	out = take_out(vcpu, ES_VCPU_STOP, vmm_time_limit_s() * 1000);
	pthread_mutex_unlock(&vcpu->vm->lock);
	if (!out)
		vmm_fail("vCPU %u does not leave KVM_RUN although it was sent a signal", vcpu->nr);
}

/* Wait until the vCPU rings or stops; false after MS. */
static bool settles_within(struct vmm_vcpu *vcpu, unsigned int ms)
{
	struct timespec until = from_now(ms);
	bool settled;

	pthread_mutex_lock(&vcpu->vm->lock);
	while (!vcpu->at_doorbell && !vcpu->stopped) {
		if (pthread_cond_timedwait(&vcpu->vm->changed, &vcpu->vm->lock, &until))
			break;
	}
	settled = vcpu->at_doorbell || vcpu->stopped;
	pthread_mutex_unlock(&vcpu->vm->lock);
	return settled;
}

static void fail_with_report(struct vmm_vcpu *vcpu, const char *what, const char *but)
{
	printf("# wanted: %s; but vCPU %u %s\n", what, vcpu->nr, but);
	vmm_report(vcpu->vm);
	vmm_fail("last exit of vCPU %u: %s", vcpu->nr,
		 vcpu->nr_exits ? vcpu->exits[(vcpu->nr_exits - 1) % ES_EXIT_LOG] : "none");
}

void vmm_vcpu_wait(struct vmm_vcpu *vcpu, const char *what)
{
	if (!settles_within(vcpu, vmm_time_limit_s() * 1000))
		fail_with_report(vcpu, what, "did not get there within the time limit");
	if (!vcpu->at_doorbell)
		fail_with_report(vcpu, what, "left KVM_RUN for another reason");
}

void vmm_vcpu_wait_stop(struct vmm_vcpu *vcpu, const char *what)
{
	if (!settles_within(vcpu, vmm_time_limit_s() * 1000))
		fail_with_report(vcpu, what, "did not get there within the time limit");
	if (!vcpu->stopped)
		fail_with_report(vcpu, what, "went on instead");
}

bool vmm_vcpu_rings_within(struct vmm_vcpu *vcpu, unsigned int ms)
{
	return settles_within(vcpu, ms);
}

bool vmm_vcpu_complete_io(struct vmm_vcpu *vcpu)
{
	int ret;

	vcpu->run->immediate_exit = 1;
	ret = ioctl(vcpu->fd, KVM_RUN, 0);
	vcpu->run->immediate_exit = 0;
	if (ret < 0 && errno != EINTR)
		vmm_fail("KVM_RUN with immediate_exit of vCPU %u failed: %m", vcpu->nr);
	return ret < 0;
}

/* Call one ioctl on a vCPU, whether it runs or not. */
static void vcpu_ioctl(struct vmm_vcpu *vcpu, unsigned long request, void *arg, const char *name)
{
	bool ran = vcpu->running;

	if (ran)
		vmm_vcpu_pause(vcpu);
	if (ioctl(vcpu->fd, request, arg))
		vmm_fail("%s of vCPU %u failed: %m", name, vcpu->nr);
	if (ran && !vcpu->at_doorbell && !vcpu->stopped)
		vmm_vcpu_go(vcpu);
}

int vmm_vcpu_mp_state(struct vmm_vcpu *vcpu)
{
	struct kvm_mp_state state;

	vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state, "KVM_GET_MP_STATE");
	return state.mp_state;
}

void vmm_vcpu_set_mp_state(struct vmm_vcpu *vcpu, unsigned int state)
{
	vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &(struct kvm_mp_state){ state }, "KVM_SET_MP_STATE");
}

void vmm_vcpu_nmi(struct vmm_vcpu *vcpu)
{
	vcpu_ioctl(vcpu, KVM_NMI, NULL, "KVM_NMI");
}

void vmm_vcpu_smi(struct vmm_vcpu *vcpu)
{
	vcpu_ioctl(vcpu, KVM_SMI, NULL, "KVM_SMI");
}
