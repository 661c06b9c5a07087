#!/usr/bin/env bash
# Start, show or stop a SLURM cluster of two nodes on this one machine, for the tests: Debian's packages,
# an own munge, no accounting, no systemd. Needs root.
#   tests/slurm/cluster.sh up | status | fail NODE | down
set -euo pipefail
root=${SLURM_TEST_DIR:-${TMPDIR:-/tmp}/landshift-slurm}
nodes=(node1 node2)
export SLURM_CONF=$root/slurm.conf

# No more cores than there are, so that the nodes share none where there are two or more.
cores=$((($(nproc) + ${#nodes[@]} - 1) / ${#nodes[@]}))

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

install_packages() {
  local missing=()
  for package in slurmctld slurmd slurm-client munge; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  # The packages must not start their services; a policy that is there already is kept.
  local policy=/usr/sbin/policy-rc.d own=
  [ -e $policy ] || { own=1; printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; }
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ -z "$own" ] || rm $policy
}

start_munge() {
  local folder=$root/munge
  # munged refuses folders that others may write to, so it runs as its own user in its own folder.
  install -d -o munge -g munge -m 0755 "$folder"
  if [ ! -s "$folder/munge.key" ]; then
    dd if=/dev/urandom bs=1 count=1024 of="$folder/munge.key" status=none
    chown munge: "$folder/munge.key"
    chmod 400 "$folder/munge.key"
  fi
  alive "$folder/munged.pid" && return
  setpriv --reuid munge --regid munge --clear-groups munged --force \
    --socket="$folder/munge.sock" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/seed"
  for _ in $(seq 50); do [ -S "$folder/munge.sock" ] && return; sleep 0.1; done
}

write_configuration() {
  local host memory number=0
  host=$(hostname -s)
  memory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 * 9 / 10 / ${#nodes[@]}))
  {
    cat <<CONF
ClusterName=landshift
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/munge/munge.sock
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
PropagatePrioProcess=1
# A job above its memory is ended, as on a cluster with control groups.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2
SlurmctldPort=16817
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool.%n
SlurmctldPidFile=$root/slurmctld.pid
SlurmdPidFile=$root/slurmd.%n.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.%n.log
SwitchType=switch/none
ReturnToService=2
InactiveLimit=0
KillWait=2
MinJobAge=300
# A node that does not answer is given up soon, and its jobs start elsewhere.
SlurmdTimeout=10
SlurmdParameters=config_overrides
CONF
    for node in "${nodes[@]}"; do
      number=$((number + 1))
      echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((17000 + number))" \
        "CPUs=$cores RealMemory=$memory State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=$(IFS=,; echo "${nodes[*]}") Default=YES MaxTime=INFINITE State=UP"
  } >"$SLURM_CONF"
  # Snakemake's executor takes SLURM_* out of the environment: jobs look at the compiled-in place.
  mkdir -p /etc/slurm
  ln -sfn "$SLURM_CONF" /etc/slurm/slurm.conf
}

# What runs on a node keeps to its cores, as under control groups.
start_node() {
  local first=$(((${1#node} - 1) * cores % $(nproc)))
  mkdir -p "$root/spool.$1"
  taskset --cpu-list $first-$((first + cores - 1)) slurmd -N "$1"
}

up() {
  install_packages
  # The daemons have to answer in time; jobs are as nice as who submits them.
  renice --priority 0 $$ >/dev/null
  mkdir -p "$root/state" "$root/log"
  start_munge
  write_configuration
  alive "$root/slurmctld.pid" || slurmctld
  for node in "${nodes[@]}"; do
    alive "$root/slurmd.$node.pid" || start_node "$node"
  done
  for _ in $(seq 150); do
    [ "$(sinfo -h -N -t idle,mix,alloc -o %N 2>/dev/null | wc -l)" -ge ${#nodes[@]} ] && break
    sleep 0.2
  done
  sinfo -N
}

# A node that dies takes its daemon and all processes of its jobs with it.
fail() {
  kill -KILL "$(cat "$root/slurmd.$1.pid")"
  for process in /proc/[0-9]*; do
    if tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qx "SLURMD_NODENAME=$1"; then
      kill -KILL "${process#/proc/}" 2>/dev/null || true
    fi
  done
}

stop() {
  alive "$1" || return 0
  local process
  process=$(cat "$1")
  kill "$process"
  for _ in $(seq 100); do kill -0 "$process" 2>/dev/null || return 0; sleep 0.1; done
}

down() {
  scancel --quiet --user root 2>/dev/null || true
  for node in "${nodes[@]}"; do stop "$root/slurmd.$node.pid"; done
  stop "$root/slurmctld.pid"
  stop "$root/munge/munged.pid"
  [ "$(readlink /etc/slurm/slurm.conf)" != "$SLURM_CONF" ] || rm /etc/slurm/slurm.conf
  rm -rf "$root"
}

case ${1:-} in
  up) up ;;
  status) sinfo -N -l; squeue ;;
  fail) fail "$2" ;;
  down) down ;;
  *) sed -n '2,4s/^# *//p' "$0"; exit 2 ;;
esac
