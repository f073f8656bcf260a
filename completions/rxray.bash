# Generated from the declared options: npm run generate
_rxray() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= index=1
  case ${COMP_WORDS[0]##*/} in
    probe|bisect) command=${COMP_WORDS[0]##*/} ;;
    *)
      if ((COMP_CWORD > 1)); then command=${COMP_WORDS[1]}; index=2; fi
      case $command in
        trace|agent|hosts|lab) if ((COMP_CWORD > 2)); then command="$command ${COMP_WORDS[2]}"; fi ;;
      esac ;;
  esac
  case "$command:$previous" in
    "probe:--format") words="text json ndjson hping csv vegeta hdrplot" ;;
    "probe:--timestamps") words="auto hw kernel user" ;;
    "probe:--engine") words="auto helper portable connect sim" ;;
    "bisect:--engine") words="auto helper portable connect" ;;
    "dash:--format") words="text json ndjson hping csv vegeta hdrplot" ;;
    "dash:--timestamps") words="auto hw kernel user" ;;
    "dash:--engine") words="auto helper portable connect sim" ;;
    "record:--format") words="text json ndjson hping csv vegeta hdrplot" ;;
    "record:--timestamps") words="auto hw kernel user" ;;
    "record:--engine") words="auto helper portable connect sim" ;;
    "replay:--format") words="text json ndjson hping csv vegeta hdrplot" ;;
    "report:--format") words="html md json" ;;
    "import:--as") words="pcap tcpdump hping ping fping nping mtr traceroute tcping curl vegeta k6 oha access-log" ;;
    "import:--format") words="text json ndjson hping csv vegeta hdrplot" ;;
    "trace syscalls:--by") words="process-call process comm call" ;;
    "trace syscalls:--sort") words="time calls" ;;
    "lab fault:--spread") words="flow random" ;;
  esac
  if [[ -z $words ]]; then
    case $command in
    "") words="probe bisect dash record replay export report import trace agent check hosts discover fleet why lab doctor schema --help --version" ;;
    "probe") words="--icmp --syn --ack --udp -p --port -i --interval -c --count -d --duration -W --wait --flows --fresh --http --dns --rate --method --header --body --keep-alive --http2 --insecure --connect-to --dns-via --requests-alone --threshold --stall-threshold --queues --fail-on --on-stall --format --json -o --output --live --ascii -q --quiet -n --numeric -I --interface -4 --ipv4 -6 --ipv6 --ttl --netns --hosts --timestamps --cpu --max-pps --engine --record --rotate --keep --scenario -h --help -V --version" ;;
    "bisect") words="--hosts -p --port -4 --ipv4 -6 --ipv6 --engine -i --interval --threshold --stall-threshold --queues -d --duration --only --except --plan --explain --trace --json -o --output --live --ascii -q --quiet --cpu --record --rotate --keep -h --help -V --version" ;;
    "dash") words="--icmp --syn --ack --udp -p --port -i --interval -c --count -d --duration -W --wait --flows --fresh --http --dns --rate --method --header --body --keep-alive --http2 --insecure --connect-to --dns-via --requests-alone --threshold --stall-threshold --queues --fail-on --on-stall --format --json -o --output --live --ascii -q --quiet -n --numeric -I --interface -4 --ipv4 -6 --ipv6 --ttl --netns --hosts --timestamps --cpu --max-pps --engine --record --rotate --keep --scenario --hosts --only --except -h --help -V --version" ;;
    "record") words="--icmp --syn --ack --udp -p --port -i --interval -c --count -d --duration -W --wait --flows --fresh --http --dns --rate --method --header --body --keep-alive --http2 --insecure --connect-to --dns-via --requests-alone --threshold --stall-threshold --queues --fail-on --on-stall --format --json -o --output --live --ascii -q --quiet -n --numeric -I --interface -4 --ipv4 -6 --ipv6 --ttl --netns --hosts --timestamps --cpu --max-pps --engine --record --rotate --keep --scenario -h --help -V --version" ;;
    "replay") words="--threshold --stall-threshold --queues --fail-on --explain --format --json -o --output --live --ascii -q --quiet --speed -h --help -V --version" ;;
    "export") words="--parquet --csv --ndjson --pcapng -o --output -h --help -V --version" ;;
    "report") words="-o --output --format --threshold -q --quiet -h --help -V --version" ;;
    "import") words="--as --threshold -W --wait -i --interval --only --together --hosts --path --explain --fail-on --format --json -o --output -q --quiet -h --help -V --version" ;;
    "trace") words="stall rx syscalls -h --help -V --version" ;;
    "trace stall") words="--vantage --hosts --ssh --netns --cpus -d --duration --json -o --output --all-namespaces --min --samples --folded -h --help -V --version" ;;
    "trace rx") words="--vantage --hosts --ssh --netns --cpus -d --duration --json -o --output --all-namespaces --follow-probes --of-process --icmp-id --syn-port -h --help -V --version" ;;
    "trace syscalls") words="--vantage --hosts --ssh --netns --cpus -d --duration --json -o --output --min --exact -s --summary --top --in-flight --interval --by --sort --rows --stacks -p --pid -f --follow --comm --cgroup --container --pod -e --calls --idle --flight-recorder --dump-on --recorder-cgroups --ring -h --help -V --version" ;;
    "agent") words="check example key --config --node --zone --members --listen --secret-file -h --help -V --version" ;;
    "agent check") words="--json -h --help -V --version" ;;
    "agent example") words="-o --output --members -h --help -V --version" ;;
    "agent key") words="-h --help -V --version" ;;
    "check") words="--hosts -i --interval --only --except --list -v --verbose --json -o --output -h --help -V --version" ;;
    "hosts") words="check example init -h --help -V --version" ;;
    "hosts check") words="--json -h --help -V --version" ;;
    "hosts example") words="-o --output -h --help -V --version" ;;
    "hosts init") words="-o --output --force -h --help -V --version" ;;
    "discover") words="--around --node --external --debug --image --here --context -n --namespace --kubectl --from --json -o --output -h --help -V --version" ;;
    "fleet") words="--prometheus --agents --http-config --header --window --timeout --json -o --output --watch --ascii --events -q --quiet -h --help -V --version" ;;
    "why") words="--prometheus --agents --http-config --header --window --timeout --hosts --live -d --duration --json -h --help -V --version" ;;
    "lab") words="up down status fault exec demo -h --help -V --version" ;;
    "lab up") words="--name --queues -h --help -V --version" ;;
    "lab down") words="--name -h --help -V --version" ;;
    "lab status") words="--name --json -h --help -V --version" ;;
    "lab fault") words="--name --period --length --queue --seed --count --duration --spread -h --help -V --version" ;;
    "lab exec") words="--name -h --help -V --version" ;;
    "lab demo") words="--name -h --help -V --version" ;;
    "doctor") words="--json --fix -h --help -V --version" ;;
    "schema") words="-h --help -V --version" ;;
    esac
    # Where no option begins, a file or a name from elsewhere may be meant.
    if [[ $current != -* && -n $command && $words == -* ]]; then
      COMPREPLY=($(compgen -f -- "$current"))
      return
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _rxray rxray probe bisect
