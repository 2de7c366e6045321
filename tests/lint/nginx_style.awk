# nginx_style.awk: what can be measured of nginx's own style; prints each
# breach and fails on any.  Usage: awk -f nginx_style.awk FILE...

function breach(text)
{
    print FILENAME ":" FNR ": " text
    failed = 1
}

# A new file; blanks[2] counts the blank lines after a function's end.
FNR == 1 {
    after_end = blank = depth = waiting = in_comment = in_log = 0
    signature = ""
}

/\t/ { breach("tab") }
/[ \t]$/ { breach("trailing blank") }
length($0) > 79 { breach("longer than 79 columns") }

{
    # code: the line without strings, characters and comments
    code = $0
    gsub(/\\\\/, "", code)
    gsub(/\\["']/, "", code)
    gsub(/"[^"]*"/, "\"\"", code)
    gsub(/'[^']*'/, "0", code)
    gsub(/\/\*.*\*\//, "", code)

    if (in_comment && code ~ /\*\//) {
        in_comment = 0
        code = ""
    }
    if (code ~ /\/\*/) {
        in_comment = 1
    }
    if (in_comment) {
        code = ""
    }
}

code ~ /\/\// { breach("a comment that begins with //") }

# Two blank lines stand after the end of a function.
after_end && $0 == "" { blank++ }
after_end && $0 != "" {
    if (blank != 2) {
        breach(blank " blank lines after a function instead of 2")
    }
    after_end = 0
}
$0 == "}" { after_end = 1; blank = 0 }

# The name of a function begins its line, below the return type.
code ~ /^[a-z_].*\(/ { signature = code }
$0 == "{" && signature ~ /^[a-z_][a-z_0-9]*[ *].*\(/ \
    && signature !~ /^(typedef|struct|enum)/ {
    breach("return type on the line of the name: " signature)
}

# Every body has braces; a condition may take several lines.
waiting && depth == 0 && code !~ /^ *(\{|#)/ { breach("body without braces") }
{ waiting = waiting && depth > 0 }
code ~ /^ *(\} else |else )?(if|for|while|switch) *\(/ { waiting = 1 }
code ~ /^ *(\} )?(else|do)$/ { waiting = 1; depth = 0; next }
waiting {
    n = code
    depth += gsub(/\(/, "", n) - gsub(/\)/, "", n)
    if (depth == 0) {
        if (code ~ /\{ *\\?$/) {
            waiting = 0
        } else if (code !~ /\)$/) {
            breach("body without braces")
            waiting = 0
        }
    }
}

# Log messages are lower case and have no full stop.
code ~ /ngx_(conf_)?log_(error|debug)/ { in_log = 1 }
in_log && /"/ {
    text = $0
    sub(/^[^"]*"/, "", text)
    if (in_log == 1 && text ~ /^[A-Z][a-z]/) {
        breach("log message begins in upper case")
    }
    if (text ~ /[a-z]\."/) {
        breach("log message ends in a full stop")
    }
    in_log = 2
}
code ~ /; *$/ { in_log = 0 }

END { exit failed }
