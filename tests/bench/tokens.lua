-- tokens.lua: wrk asks for registry tokens, each with the next line of a file:
-- the Basic credentials of an access token, and the repository to pull.
-- wrk ... -s tokens.lua URL -- FILE

local counter = 0

function setup(thread)
    thread:set("id", counter)
    counter = counter + 1
end

function init(args)
    lines = {}
    for line in io.lines(args[1]) do
        local basic, name = line:match("(%S+) (%S+)")
        lines[#lines + 1] = { basic, "?scope=repository:" .. name .. ":pull" }
    end
    next_line = id * math.floor(#lines / 2)
end

function request()
    next_line = next_line % #lines + 1
    local line = lines[next_line]
    return wrk.format("GET", wrk.path .. line[2],
                      { Authorization = "Basic " .. line[1] })
end
