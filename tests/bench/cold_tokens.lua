-- cold_tokens.lua: wrk sends every request with another line of a file, once:
-- a token that nginx has not seen yet (mode "token"), or the key under which
-- memcached holds its verdict (mode "key").
-- wrk ... -s cold_tokens.lua URL -- FILE token|key ROUND ROUNDS

local counter = 0

function setup(thread)
    thread:set("id", counter)
    counter = counter + 1
end

function init(args)
    lines = {}
    mode = args[2]
    for line in io.lines(args[1]) do
        lines[#lines + 1] = line
    end
    -- each of two threads has a part of the list in each round for itself
    next_line = math.floor(#lines * (2 * args[3] + id) / (2 * args[4]))
    path = wrk.path
end

function request()
    next_line = next_line % #lines + 1
    if mode == "key" then
        return wrk.format("GET", path .. lines[next_line])
    end
    return wrk.format("GET", path,
                      { Authorization = "Bearer " .. lines[next_line] })
end
