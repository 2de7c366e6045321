# shellcheck shell=bash disable=SC2154 # the tables stand in front
# Completion of slipway-registry, slipway-index and slipway in bash.  The tables
# in front are the programs' own (--completion): each command is a line
# "COMMAND;ARGUMENTS; FLAGS ", that without a command has the flags of all, and
# a flag that takes a value ends in "=".

_slipway() {
    local table=$_slipway_index word=${COMP_WORDS[COMP_CWORD]}
    local command arguments flags choice i at=-1
    local -a words=() found=() specs=() options=() more=()
    [[ $1 != *slipway-registry ]] || table=$_slipway_registry
    COMPREPLY=()

    # The words before the cursor; the value of a flag is none.
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            @) ((i++)) ;; # bash makes two words of @NAME
            @*) ;;
            -?*)
                if [[ $table == *" ${COMP_WORDS[i]}= "* ]]; then
                    ((i++))
                    [[ ${COMP_WORDS[i]} != '=' ]] || ((i++))
                fi
                ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done

    if ((i > COMP_CWORD)); then
        compopt -o default
        return
    fi

    while IFS=';' read -r command arguments flags; do
        case ${#words[@]}:$command in
            0:?*) found+=("${command%% *}") ;;
            "1:${words[0]-} "*) found+=("${command#* }") ;;
        esac
        case $command in
            '') ;;
            "${words[0]-}") at=1 ;;
            "${words[0]-} ${words[1]-}") at=2 ;;
            *) continue ;;
        esac
        read -ra more <<< "$flags"
        options+=("${more[@]%=}")
        read -ra specs <<< "$arguments"
    done <<< "$table"

    if [[ $word == -?* ]]; then
        found=("${options[@]}")
    elif ((at != -1)); then
        IFS='|' read -ra more <<< "${specs[${#words[@]} - at]-}"
        for choice in "${more[@]}"; do
            case $choice in
                [a-z]*) found+=("$choice") ;;
                *ROOT | *DEST | *SRC | *FILE | *.*) compopt -o default ;;
            esac
        done
    fi

    mapfile -t COMPREPLY < <(compgen -W "${found[*]}" -- "$word")
}

complete -F _slipway slipway-registry slipway-index slipway
