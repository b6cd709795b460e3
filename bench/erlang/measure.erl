%% The same two questions for Erlang/OTP, as CPU time of the whole emulator (one scheduler).
%% Prints: pingpong <messages> <cpu ms>, spawn <processes> <cpu ms>.
-module(measure).
-export([main/0]).

main() ->
    {N, PingPong} = cpu(fun() -> pingpong(3000000) end),
    io:format("pingpong ~w ~w~n", [N, PingPong]),
    {K, Spawn} = cpu(fun() -> spawning(100000) end),
    io:format("spawn ~w ~w~n", [K, Spawn]),
    halt(0).

cpu(Work) ->
    {Before, _} = statistics(runtime),
    Done = Work(),
    {After, _} = statistics(runtime),
    {Done, After - Before}.

pingpong(N) ->
    Self = self(),
    B = spawn(fun() -> echo() end),
    A = spawn(fun() -> ping(B, 0, N, Self) end),
    receive {done, A, Count} -> B ! stop, Count end.

echo() ->
    receive
        {ping, From, K} -> From ! {ping, self(), K + 1}, echo();
        stop -> ok
    end.

ping(_, K, N, Boss) when K >= N -> Boss ! {done, self(), K};
ping(B, K, N, Boss) ->
    B ! {ping, self(), K + 1},
    receive {ping, B, Next} -> ping(B, Next, N, Boss) end.

%% Each process reports that it has started and waits for a word; the end is not measured.
spawning(K) ->
    Self = self(),
    put(pids, [spawn(fun() -> Self ! started, receive stop -> ok end end) || _ <- lists:seq(1, K)]),
    length([receive started -> ok end || _ <- get(pids)]).
