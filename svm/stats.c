// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of each VM in debugfs, in its directory /sys/kernel/debug/kvm/PID-FD.  The first line
 * of each file is its name and the version of its format.  Every other line has words and values in
 * turn; a new word is a new version.
 *
 *   es_events	    of all vCPUs, zeros included:
 *		      event NAME count C
 *		      rejected REASON count C
 *		      tolerated LAPSE count C
 *   es_counters    of each vCPU, without zeros:
 *		      vcpu N event NAME count C time_ns T
 *		      vcpu N rejected REASON count C
 *		      vcpu N tolerated LAPSE count C
 *		    The time is the host's, from VMGEXIT to the response (or until the vCPU is
 *		    held), including userspace.
 *   es_vcpus	    vcpu N mp_state M ap_state STATE first_sipi F ghcb MSR last NAME,...
 *		    The last events are in order, newest first; "-" means none.
 *
 * Each vCPU has its own counters.  Readers take no lock, because a VMM can hold kvm->lock, and a
 * vCPU's mutex, for as long as it likes.  debugfs keeps the VM with its vCPUs while a file is read.
 * RCU keeps a vCPU's state, which a move takes to another VM that may end immediately.  The values
 * may change while they are read.
 */
#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/seq_file.h>

#include "stats.h"

#define EVENTS_FORMAT	2
#define COUNTERS_FORMAT	3
#define VCPUS_FORMAT	2

/* Call in an RCU read-side critical section. */
static const struct es_vcpu *shown(struct kvm_vcpu *vcpu)
{
	return rcu_dereference(to_svm(vcpu)->es_shown);
}

#define sum_of(_kvm, _counter)						\
({									\
	const struct es_vcpu *_es;					\
	struct kvm_vcpu *_vcpu;						\
	unsigned long _i;						\
	u64 _sum = 0;							\
									\
	rcu_read_lock();						\
	kvm_for_each_vcpu(_i, _vcpu, _kvm) {				\
		_es = shown(_vcpu);					\
		if (_es)						\
			_sum += READ_ONCE(_es->stats._counter);		\
	}								\
	rcu_read_unlock();						\
	_sum;								\
})

static int es_events_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = m->private;
	const struct es_rule *rules;
	size_t nr_rules;
	int i;

	seq_printf(m, "es_events %d\n", EVENTS_FORMAT);
	rules = es_rules(&nr_rules);
	for (i = 0; i < nr_rules; i++)
		seq_printf(m, "event %s count %llu\n", rules[i].name, sum_of(kvm, nae[i]));
	for (i = 0; i < ES_NR_MSR_REQUESTS; i++)
		seq_printf(m, "event %s count %llu\n", es_msr_request_name(i), sum_of(kvm, msr[i]));
	for (i = ES_ERR_NONE + 1; i < ES_NR_REASONS; i++)
		seq_printf(m, "rejected %s count %llu\n", es_reason_name(i),
			   sum_of(kvm, rejected[i]));
	for (i = 0; i < ES_NR_LAPSES; i++)
		seq_printf(m, "tolerated %s count %llu\n", es_lapse_name(i),
			   sum_of(kvm, tolerated[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(es_events);

static void show_event(struct seq_file *m, int vcpu_id, const char *name, u64 count, u64 tsc)
{
	if (count)
		seq_printf(m, "vcpu %d event %s count %llu time_ns %llu\n", vcpu_id, name, count,
			   mul_u64_u32_div(tsc, 1000000, tsc_khz));
}

static void show_counters(struct seq_file *m, int vcpu_id, const struct es_stats *stats)
{
	const struct es_rule *rules;
	size_t nr_rules;
	int i;

	rules = es_rules(&nr_rules);
	for (i = 0; i < nr_rules; i++)
		show_event(m, vcpu_id, rules[i].name, READ_ONCE(stats->nae[i]),
			   READ_ONCE(stats->nae_tsc[i]));
	for (i = 0; i < ES_NR_MSR_REQUESTS; i++)
		show_event(m, vcpu_id, es_msr_request_name(i), READ_ONCE(stats->msr[i]),
			   READ_ONCE(stats->msr_tsc[i]));
	for (i = ES_ERR_NONE + 1; i < ES_NR_REASONS; i++)
		if (READ_ONCE(stats->rejected[i]))
			seq_printf(m, "vcpu %d rejected %s count %llu\n", vcpu_id,
				   es_reason_name(i), READ_ONCE(stats->rejected[i]));
	for (i = 0; i < ES_NR_LAPSES; i++)
		if (READ_ONCE(stats->tolerated[i]))
			seq_printf(m, "vcpu %d tolerated %s count %llu\n", vcpu_id,
				   es_lapse_name(i), READ_ONCE(stats->tolerated[i]));
}

static int es_counters_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = m->private;
	const struct es_vcpu *es;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	seq_printf(m, "es_counters %d\n", COUNTERS_FORMAT);
	kvm_for_each_vcpu(i, vcpu, kvm) {
		rcu_read_lock();
		es = shown(vcpu);
		if (es)
			show_counters(m, vcpu->vcpu_id, &es->stats);
		rcu_read_unlock();
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(es_counters);

static const char *last_event_name(u8 entry)
{
	const struct es_rule *rules;
	size_t nr_rules;

	if (entry & ES_LAST_IS_MSR)
		return es_msr_request_name(entry & ~ES_LAST_IS_MSR);
	rules = es_rules(&nr_rules);
	return entry < nr_rules ? rules[entry].name : "?";
}

static void show_last_events(struct seq_file *m, const struct es_stats *stats)
{
	int newest = READ_ONCE(stats->next_last) + ES_NR_LAST_EVENTS - 1;
	char before = ' ';
	int i;

	for (i = 0; i < ES_NR_LAST_EVENTS; i++) {
		u8 entry = READ_ONCE(stats->last[(newest - i) % ES_NR_LAST_EVENTS]);

		if (entry == ES_LAST_NONE)
			continue;
		seq_printf(m, "%c%s", before, last_event_name(entry));
		before = ',';
	}
	seq_puts(m, before == ' ' ? " -\n" : "\n");
}

static void show_vcpu(struct seq_file *m, struct kvm_vcpu *vcpu, const struct es_vcpu *es)
{
	seq_printf(m, "vcpu %d mp_state %d ap_state %s first_sipi %d ghcb %#llx last",
		   vcpu->vcpu_id, READ_ONCE(vcpu->arch.mp_state),
		   es_ap_state_name(READ_ONCE(es->ap_state)),
		   READ_ONCE(es->first_sipi), es_ghcb_msr(vcpu));
	show_last_events(m, &es->stats);
}

static int es_vcpus_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = m->private;
	const struct es_vcpu *es;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	seq_printf(m, "es_vcpus %d\n", VCPUS_FORMAT);
	kvm_for_each_vcpu(i, vcpu, kvm) {
		rcu_read_lock();
		es = shown(vcpu);
		if (es)
			show_vcpu(m, vcpu, es);
		rcu_read_unlock();
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(es_vcpus);

void es_stats_publish(struct kvm_vcpu *vcpu)
{
	rcu_assign_pointer(to_svm(vcpu)->es_shown, to_es(vcpu));
}

/* KVM removes the files with the directory. */
void es_stats_create_locked(struct kvm *kvm)
{
	struct dentry *dir = kvm->debugfs_dentry, *present;

	lockdep_assert_held(&kvm->lock);
	if (IS_ERR_OR_NULL(dir))
		return;

	present = debugfs_lookup("es_events", dir);
	if (present) {
		dput(present);
	} else {
		debugfs_create_file("es_events", 0444, dir, kvm, &es_events_fops);
		debugfs_create_file("es_counters", 0444, dir, kvm, &es_counters_fops);
		debugfs_create_file("es_vcpus", 0444, dir, kvm, &es_vcpus_fops);
	}
}

void es_stats_create(struct kvm *kvm)
{
	mutex_lock(&kvm->lock);
	es_stats_create_locked(kvm);
	mutex_unlock(&kvm->lock);
}
