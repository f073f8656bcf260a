# What zsh offers: zsh-completion.zsh FILE LINE. Completion works in a terminal only, so that one is made.
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1='' PROMPT_EOL_MARK='' LISTMAX=0 COLUMNS=200 LINES=500 TERM=dumb; unsetopt zle_bracketed_paste; stty -echo
autoload -Uz compinit && compinit -u -D; zstyle ':completion:*' list-packed false
fpath=(${1:h} \$fpath); autoload -Uz _rxray; compdef _rxray rxray probe bisect; bindkey '^I' complete-word; bindkey '^X' list-choices; echo READY"
zpty -r -m z line '*READY*' || exit 1
zpty -w -n z "${2}"$'\x18'
sleep 1
zpty -w -n z $'\x15'"echo D''ONE"$'\n'
local all=
while zpty -r z line; do
  all+=$line
  [[ $line == *DONE* ]] && break
done
print -r -- ${all//$'\r'/}
zpty -d z
