#!/usr/bin/env escript
%%! +S 1
%% Records what OTP's own supervisor does in a scenario: reads JSON lines (the format is described in
%% simulations/supervision-replay.ts) from a file or standard input, and prints one outcome a line.
%%
%%   escript test/conformance/otp/record.escript scenarios.jsonl > recording.jsonl
%%
%% Nothing here decides anything: workers write down what happens to them, supervisors are stdlib's.
%%
%% A kill leaves no last words. So whoever writes first looks which of the living have gone without
%% having said so: their `killed` comes before. A supervisor waits for each death before it goes on, so
%% the order is the true one (but among deaths that nobody waits for one by one).
%%
%% `exit_many` and `burst` suspend the supervisors until everything is in their mailboxes.

-module(record).
-mode(compile).
-behaviour(supervisor).
-export([main/1, init/1, start_worker/1, start_worker_dynamic/1, start_sup/1, worker_init/3]).

-define(BOOK, book).
-define(QUIET_MS, 15).

main(Args) ->
    logger:set_primary_config(level, none),
    Lines = case Args of
        [File | _] -> {ok, Bin} = file:read_file(File), binary:split(Bin, <<"\n">>, [global, trim_all]);
        [] -> read_stdin([])
    end,
    lists:foreach(fun(Line) -> io:put_chars([encode(run(decode(Line))), "\n"]) end,
                  [L || L <- Lines, string:trim(L) =/= <<>>]).

read_stdin(Acc) ->
    case io:get_line("") of
        eof -> lists:reverse(Acc);
        Line -> read_stdin([unicode:characters_to_binary(string:trim(Line)) | Acc])
    end.

%% --- one scenario ---------------------------------------------------------------------------------

run(Scenario) ->
    Me = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Me ! {outcome, self(), play(Scenario)} end),
    receive
        {outcome, Pid, Outcome} -> receive {'DOWN', Ref, _, _, _} -> ok end, Outcome;
        {'DOWN', Ref, _, _, Reason} -> error({scenario_crashed, maps:get(<<"name">>, Scenario), Reason})
    end.

play(Scenario) ->
    process_flag(trap_exit, true),
    ets:new(?BOOK, [named_table, public, ordered_set]),
    Log = spawn_link(fun() -> log_loop([], []) end),
    register(log, Log),
    [do_setup(S) || S <- maps:get(<<"setup">>, Scenario, [])],
    {Flags, Children} = root_of(Scenario),
    Name = {<<"name">>, maps:get(<<"name">>, Scenario)},
    Outcome = case supervisor:start_link(?MODULE, {Flags, Children}) of
        {ok, Sup} ->
            settle(),
            StartEvents = take(),
            Steps = [step(Sup, S) || S <- maps:get(<<"steps">>, Scenario, [])],
            Final = final(Sup),
            stop(Sup),
            {[Name, {<<"start_events">>, StartEvents}, {<<"steps">>, Steps}, {<<"final">>, Final}]};
        {error, Reason} ->
            settle(),
            {[Name, {<<"start">>, [<<"error">>, term(Reason)]}, {<<"start_events">>, take()},
              {<<"steps">>, []},
              {<<"final">>, {[{<<"sup">>, <<"not_started">>}, {<<"children">>, []}]}}]}
    end,
    unlink(Log), exit(Log, kill),
    Outcome.

root_of(#{<<"tree">> := #{<<"children">> := Children} = Root} = S) ->
    {maps:get(<<"flags">>, Root, maps:get(<<"flags">>, S, #{})), Children};
root_of(#{<<"tree">> := Children} = S) -> {maps:get(<<"flags">>, S, #{}), Children};
root_of(S) -> {maps:get(<<"flags">>, S, #{}), maps:get(<<"children">>, S, [])}.

step(Sup, Step) ->
    Op = case Step of #{<<"op">> := O} -> O; O -> O end,
    Result = act(Sup, Op),
    settle(),
    {[{<<"op">>, Op}, {<<"result">>, Result}, {<<"events">>, take()}]}.

final(Sup) ->
    case is_process_alive(Sup) of
        true -> {[{<<"sup">>, <<"alive">>}, {<<"children">>, which(Sup)}]};
        false ->
            Reason = receive {'EXIT', Sup, R} -> term(R) after 0 -> <<"noproc">> end,
            {[{<<"sup">>, [<<"exited">>, Reason]}, {<<"children">>, []}]}
    end.

%% --- steps ----------------------------------------------------------------------------------------

do_setup(Op) -> act(undefined, Op).

act(_, [<<"fail">>, Id, N]) -> put_book({fail, id(Id)}, N);
act(_, [<<"failnext">>, Id, N]) -> put_book({fail, id(Id)}, N);
act(_, [<<"ignore">>, Id]) -> put_book({ignore, id(Id)}, 1);
act(_, [<<"ignorenext">>, Id]) -> put_book({ignore, id(Id)}, 1);
act(_, [<<"ignore_shutdown">>, Id]) -> put_book({stubborn, id(Id)}, true);
act(_, [<<"slow">>, Id, Ms]) -> put_book({slow, id(Id)}, Ms);
act(_, [<<"sleep">>, Ms]) -> timer:sleep(Ms), <<"ok">>;
act(_, [<<"exit">>, Id, Reason]) -> exit_worker(id(Id), Reason);
act(_, [<<"exit_many">>, Ids, Reason]) ->
    suspended(fun() -> [exit_and_wait(id(Id), Reason) || Id <- Ids] end),
    <<"ok">>;
act(_, [<<"kill">>, Id]) ->
    case pid_of(id(Id)) of
        undefined -> <<"not_running">>;
        Pid -> exit(Pid, kill), await_death(Pid), <<"ok">>
    end;
act(Sup, [<<"burst">>, Ops]) ->
    Me = self(),
    Refs = suspended(fun() -> [begin
        Ref = make_ref(),
        case Op of
            [<<"exit">>, Id, Reason] -> Me ! {Ref, exit_and_wait(id(Id), Reason)};
            [<<"exit_many">>, Ids, Reason] ->
                [exit_and_wait(id(Id), Reason) || Id <- Ids], Me ! {Ref, <<"ok">>};
            [<<"kill">>, _] -> Me ! {Ref, act(Sup, Op)};
            _ -> spawn(fun() -> Me ! {Ref, act(Sup, Op)} end)
        end,
        timer:sleep(?QUIET_MS),
        Ref end || Op <- Ops] end),
    [receive {Ref, Result} -> Result after 30000 -> error(burst_timeout) end || Ref <- Refs];
act(Sup, <<"stop">>) -> exit(Sup, shutdown), await_death(Sup), <<"ok">>;
act(Sup, [<<"send_sup">>, Any]) -> Sup ! {unexpected, Any}, <<"ok">>;
act(Sup, Op) ->
    try ask(Sup, Op)
    catch exit:_ -> <<"noproc">>
    end.

ask(Sup, <<"which">>) -> which(Sup);
ask(Sup, <<"count">>) -> term(supervisor:count_children(Sup));
ask(Sup, [<<"start_child">>, Spec]) -> result(supervisor:start_child(Sup, spec(Spec)));
ask(Sup, [<<"terminate_child">>, Id]) -> result(supervisor:terminate_child(Sup, id(Id)));
ask(Sup, [<<"restart_child">>, Id]) -> result(supervisor:restart_child(Sup, id(Id)));
ask(Sup, [<<"delete_child">>, Id]) -> result(supervisor:delete_child(Sup, id(Id)));
ask(Sup, [<<"get_childspec">>, Id]) ->
    case supervisor:get_childspec(Sup, id(Id)) of
        {ok, Spec} ->
            Keys = [id, restart, shutdown, significant, type],
            [<<"ok">>, {[{term(K), term(maps:get(K, Spec))} || K <- Keys]}];
        Error -> term(Error)
    end;
ask(Sup, [<<"dyn">>, Id]) -> result(supervisor:start_child(Sup, [id(Id)]));
ask(Sup, [<<"dyn_terminate">>, Id]) ->
    case last_pid_of(id(Id)) of
        undefined -> [<<"error">>, <<"not_found">>];
        Pid -> result(supervisor:terminate_child(Sup, Pid))
    end.

%% A failed start_child comes with the child's record, which is of no interest here.
result({error, {What, Child}}) when element(1, Child) =:= child -> [<<"error">>, term(What)];
result(Other) -> term(Other).

which(Sup) ->
    All = supervisor:which_children(Sup),
    Ordered = case All of
        [{undefined, _, _, _} | _] -> All;
        _ -> lists:reverse(All)
    end,
    [[term(Id), term(Pid)] || {Id, Pid, _, _} <- Ordered].

exit_worker(Id, Reason) ->
    case pid_of(Id) of
        undefined -> <<"not_running">>;
        Pid -> Pid ! {exit_now, reason(Reason), Reason}, await_death(Pid), <<"ok">>
    end.

exit_and_wait(Id, Reason) -> exit_worker(Id, Reason).

await_death(Pid) ->
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, _, _, _} -> ok after 30000 -> error({does_not_die, Pid}) end.

stop(Sup) ->
    [begin unlink(S), exit(S, kill), await_death(S) end || S <- [Sup | sups()], is_process_alive(S)],
    ok.

suspended(Do) ->
    Sups = [S || S <- sups(), is_process_alive(S)],
    [erlang:suspend_process(S) || S <- Sups],
    Done = Do(),
    [erlang:resume_process(S) || S <- Sups],
    Done.

%% --- settling -------------------------------------------------------------------------------------

%% At rest: every supervisor has answered, and nobody had anything to write, for a few rounds.
settle() -> settle(4, written()).

settle(0, _) -> ok;
settle(Rounds, Before) ->
    timer:sleep(?QUIET_MS),
    [catch supervisor:count_children(S) || S <- sups(), is_process_alive(S)],
    case written() of
        Before -> settle(Rounds - 1, Before);
        More -> settle(4, More)
    end.

%% --- supervisors and workers ------------------------------------------------------------------------

init({Flags, Children}) ->
    ets:insert(?BOOK, {{sup, self()}, true}),
    {ok, {flags(Flags), case maps:get(<<"strategy">>, Flags, undefined) of
        <<"simple_one_for_one">> -> [template(C) || C <- Children];
        _ -> [spec(C) || C <- Children]
    end}}.

start_sup(#{<<"id">> := Id} = Element) ->
    Flags = maps:get(<<"flags">>, Element, #{}),
    case supervisor:start_link(?MODULE, {Flags, maps:get(<<"children">>, Element)}) of
        {ok, Pid} -> born(id(Id), Pid), {ok, Pid};
        Error -> Error
    end.

start_worker(Id) ->
    case take_book({ignore, Id}) of
        true -> write([<<"ignored">>, Id]), ignore;
        false ->
            case take_book({fail, Id}) of
                true -> write([<<"start_failed">>, Id]), {error, cannot_start};
                false -> proc_lib:start_link(?MODULE, worker_init, [self(), Id, started])
            end
    end.

start_worker_dynamic(Id) -> start_worker(Id).

worker_init(Parent, Id, started) ->
    process_flag(trap_exit, true),
    N = born(Id, self()),
    write([<<"started">>, Id, N]),
    log ! {living, self(), Id, N},
    proc_lib:init_ack(Parent, {ok, self()}),
    worker(Parent, Id, N).

worker(Parent, Id, N) ->
    receive
        {exit_now, Reason, Said} ->
            write_last([<<"exiting">>, Id, N, Said]),
            exit(Reason);
        {'EXIT', Parent, Reason} ->
            case ets:member(?BOOK, {stubborn, Id}) of
                true -> write([<<"ignoring_shutdown">>, Id, N]), worker(Parent, Id, N);
                false ->
                    case ets:lookup(?BOOK, {slow, Id}) of
                        [{_, Ms}] -> timer:sleep(Ms);
                        [] -> ok
                    end,
                    case Reason of
                        killed -> ok;
                        _ -> write_last([<<"stopped">>, Id, N, term(Reason)])
                    end,
                    exit(Reason)
            end;
        _ -> worker(Parent, Id, N)
    end.

%% --- specifications -------------------------------------------------------------------------------

flags(Flags) ->
    Known = [{<<"strategy">>, strategy}, {<<"intensity">>, intensity}, {<<"period">>, period},
             {<<"auto_shutdown">>, auto_shutdown}],
    maps:from_list([{Key, value(maps:get(Name, Flags))} || {Name, Key} <- Known, maps:is_key(Name, Flags)]).

spec(Element) ->
    Id = id(maps:get(<<"id">>, Element)),
    Start = case Element of
        #{<<"children">> := _} -> {?MODULE, start_sup, [Element]};
        _ -> {?MODULE, start_worker, [Id]}
    end,
    Default = case Element of #{<<"children">> := _} -> #{type => supervisor}; _ -> #{} end,
    maps:merge(Default, (given(Element))#{id => Id, start => Start}).

template(Element) ->
    (given(Element))#{id => id(maps:get(<<"id">>, Element)), start => {?MODULE, start_worker_dynamic, []}}.

given(Element) ->
    Known = [{<<"restart">>, restart}, {<<"shutdown">>, shutdown}, {<<"type">>, type},
             {<<"significant">>, significant}],
    maps:from_list([{Key, value(maps:get(Name, Element))} || {Name, Key} <- Known, maps:is_key(Name, Element)]).

value(V) when is_binary(V) -> binary_to_atom(V, utf8);
value(V) -> V.

id(Id) -> binary_to_atom(Id, utf8).

reason([<<"shutdown">>, Term]) -> {shutdown, value(Term)};
reason(Reason) -> value(Reason).

%% --- the book ---------------------------------------------------------------------------------------

put_book(Key, Value) -> ets:insert(?BOOK, {Key, Value}), <<"ok">>.

take_book(Key) ->
    case ets:lookup(?BOOK, Key) of
        [{_, N}] when N > 0 -> ets:insert(?BOOK, {Key, N - 1}), true;
        _ -> false
    end.

born(Id, Pid) ->
    N = ets:update_counter(?BOOK, {lives, Id}, 1, {{lives, Id}, 0}),
    ets:insert(?BOOK, [{{pid, Pid}, {Id, N}}, {{now, Id}, Pid}]),
    N.

last_pid_of(Id) ->
    case ets:lookup(?BOOK, {now, Id}) of [{_, Pid}] -> Pid; [] -> undefined end.

pid_of(Id) ->
    case last_pid_of(Id) of
        undefined -> undefined;
        Pid -> case is_process_alive(Pid) of true -> Pid; false -> undefined end
    end.

sups() -> [Pid || [Pid] <- ets:match(?BOOK, {{sup, '$1'}, true})].

%% --- the log ------------------------------------------------------------------------------------------

write(Event) -> call({write, Event}).
write_last(Event) -> call({write_last, Event, self()}).
take() -> call(take).
written() -> call(written).

call(Request) ->
    Ref = make_ref(),
    log ! {Ref, self(), Request},
    receive {Ref, Answer} -> Answer end.

log_loop(Events0, Living0) ->
    receive
        {living, Pid, Id, N} -> log_loop(Events0, Living0 ++ [{Pid, Id, N}]);
        {Ref, From, Request} ->
            {Living, Gone} = lists:partition(fun({Pid, _, _}) -> is_process_alive(Pid) end, Living0),
            Killed = [[<<"killed">>, Id, N] || {_, Id, N} <- Gone],
            Events = lists:reverse(Killed) ++ Events0,
            case Request of
                {write, Event} -> From ! {Ref, ok}, log_loop([Event | Events], Living);
                {write_last, Event, Pid} ->
                    From ! {Ref, ok},
                    log_loop([Event | Events], lists:keydelete(Pid, 1, Living));
                take -> From ! {Ref, [event(E) || E <- lists:reverse(Events)]}, log_loop([], Living);
                written -> From ! {Ref, length(Events)}, log_loop(Events, Living)
            end
    end.

event(Event) -> [case is_atom(Each) of true -> term(Each); false -> Each end || Each <- Event].

%% --- terms as JSON ------------------------------------------------------------------------------------

term(Pid) when is_pid(Pid) ->
    case ets:lookup(?BOOK, {pid, Pid}) of
        [{_, {Id, N}}] -> [<<"running">>, term(Id), N];
        [] -> <<"pid">>
    end;
term(true) -> true;
term(false) -> false;
term(Atom) when is_atom(Atom) -> atom_to_binary(Atom, utf8);
term(Tuple) when is_tuple(Tuple) -> [term(E) || E <- tuple_to_list(Tuple)];
term(List) when is_list(List) -> [term(E) || E <- List];
term(Other) -> Other.

encode({Pairs}) -> [${, join([[encode(K), $:, encode(V)] || {K, V} <- Pairs]), $}];
encode(Map) when is_map(Map) -> encode({maps:to_list(Map)});
encode(List) when is_list(List) -> [$[, join([encode(E) || E <- List]), $]];
encode(true) -> "true";
encode(false) -> "false";
encode(null) -> "null";
encode(N) when is_integer(N) -> integer_to_list(N);
encode(F) when is_float(F) -> io_lib:format("~p", [F]);
encode(Bin) when is_binary(Bin) -> [$", escape(Bin), $"].

join(Parts) -> lists:join($,, Parts).

escape(<<>>) -> [];
escape(<<$", R/binary>>) -> ["\\\"" | escape(R)];
escape(<<$\\, R/binary>>) -> ["\\\\" | escape(R)];
escape(<<C, R/binary>>) -> [C | escape(R)].

decode(Bin) -> {Value, _} = json(skip(Bin)), Value.

json(<<"{", R/binary>>) -> object(skip(R), #{});
json(<<"[", R/binary>>) -> array(skip(R), []);
json(<<$", R/binary>>) -> text(R, <<>>);
json(<<"true", R/binary>>) -> {true, R};
json(<<"false", R/binary>>) -> {false, R};
json(<<"null", R/binary>>) -> {null, R};
json(Bin) ->
    {match, [{0, L}]} = re:run(Bin, "^-?[0-9]+(\\.[0-9]+)?", [{capture, first}]),
    <<Number:L/binary, R/binary>> = Bin,
    case binary:match(Number, <<".">>) of
        nomatch -> {binary_to_integer(Number), R};
        _ -> {binary_to_float(Number), R}
    end.

object(<<"}", R/binary>>, Map) -> {Map, R};
object(<<",", R/binary>>, Map) -> object(skip(R), Map);
object(<<$", R/binary>>, Map) ->
    {Key, R1} = text(R, <<>>),
    <<":", R2/binary>> = skip(R1),
    {Value, R3} = json(skip(R2)),
    object(skip(R3), Map#{Key => Value}).

array(<<"]", R/binary>>, Acc) -> {lists:reverse(Acc), R};
array(<<",", R/binary>>, Acc) -> array(skip(R), Acc);
array(Bin, Acc) -> {Value, R} = json(Bin), array(skip(R), [Value | Acc]).

text(<<$", R/binary>>, Acc) -> {Acc, R};
text(<<$\\, C, R/binary>>, Acc) -> text(R, <<Acc/binary, C>>);
text(<<C, R/binary>>, Acc) -> text(R, <<Acc/binary, C>>).

skip(<<C, R/binary>>) when C =:= $\s; C =:= $\t; C =:= $\n; C =:= $\r -> skip(R);
skip(Bin) -> Bin.
