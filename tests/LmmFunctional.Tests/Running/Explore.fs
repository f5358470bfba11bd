namespace LmmFunctional.Tests

open System
open System.Diagnostics
open System.Text.RegularExpressions
open System.Threading
open System.Threading.Tasks
open Expecto

/// <summary>The properties of the tests on fresh random values.</summary>
[<RequireQualifiedAccess>]
module Explore =

    type private Law = {
        Name: string
        Config: FsCheckConfig
        Run: FsCheckConfig -> Async<unit>
    }

    let private laws (filter: string) (tests: Test) = [|
        for test in Test.toTestCodeList tests do
            let name = Seeds.joined test.name

            match test.test with
            | AsyncFsCheck(config, _, run) when name.Contains(filter, StringComparison.OrdinalIgnoreCase) -> {
                Name = name
                Config = defaultArg config Law.config
                Run = run
              }
            | _ -> ()
    |]

    /// What is wrong with a law on the values of a seed, and how many values were tried.
    let private tryLaw (a, b, size) law =
        let tried = ref 0

        let config = {
            law.Config with
                replay = Some(a, b, size)
                finishedTest =
                    fun _ _ data ->
                        tried.Value <- data.NumberOfTests
                        async.Zero()
        }

        try
            law.Run config |> Async.RunSynchronously
            tried.Value, None
        with problem ->
            tried.Value, Some problem.Message

    let private replayLine law (a: uint64, b: uint64) size =
        let size = size |> Option.map (fun size -> $" {size}") |> Option.defaultValue ""
        $"dotnet fsi build.fsx replay \"{law.Name}\" {a} {b}{size}"

    let private failed = Regex @"\((\d+)UL, (\d+)UL, Some (\d+)\)"

    /// The line that runs only the values that failed, which Expecto names among its words.
    let private failureLine law seed words =
        let found = failed.Match words

        if found.Success then
            replayLine
                law
                (uint64 found.Groups[1].Value, uint64 found.Groups[2].Value)
                (Some(int found.Groups[3].Value))
        else
            replayLine law seed None

    let private seedOf (law: Law) round = Seeds.ofName round law.Name

    /// <summary>Tries the properties whose names contain the filter, again and again, on all processors, and prints for
    /// each failure the line that replays it. The exit code is 1 when something failed.</summary>
    let run (minutes: float) filter tests =
        let laws = laws filter tests
        let clock = Stopwatch.StartNew()
        let first = uint64 (DateTime.UtcNow.Ticks)
        let next = ref -1
        let tried = ref 0L
        let failures = ref 0
        let running = Collections.Concurrent.ConcurrentDictionary<string, TimeSpan>()

        let work () =
            while laws.Length > 0 && clock.Elapsed.TotalMinutes < minutes do
                let turn = Interlocked.Increment(&next.contents)
                let law = laws[turn % laws.Length]
                let a, b = seedOf law (first + uint64 (turn / laws.Length))
                let line = replayLine law (a, b) None
                running[line] <- clock.Elapsed
                let count, problem = tryLaw (a, b, None) law
                running.TryRemove line |> ignore
                Interlocked.Add(&tried.contents, int64 count) |> ignore

                match problem with
                | None -> ()
                | Some words ->
                    Interlocked.Increment(&failures.contents) |> ignore
                    lock laws (fun () -> printfn $"{law.Name}\n{words}\n{failureLine law (a, b) words}\n")

        let workers = [|
            for _ in 1 .. Environment.ProcessorCount -> Task.Factory.StartNew(work, TaskCreationOptions.LongRunning)
        |]

        // What does not end is a failure too: it has as long again as all others had.
        let limit = TimeSpan.FromMinutes(2.0 * minutes + 5.0)

        if not (Task.WaitAll(workers, limit)) then
            for line in running.Keys do
                failures.Value <- failures.Value + 1
                printfn $"does not end:\n{line}\n"

        printfn
            $"{laws.Length} properties, {next.Value + 1} runs, {tried.Value} random values, {failures.Value} failures"

        if failures.Value > 0 || laws.Length = 0 then 1 else 0

    /// <summary>Runs one property on the values of a seed.</summary>
    let replay name (a: uint64, b: uint64, size) tests =
        match laws name tests |> Array.filter (fun law -> law.Name = name) with
        | [| law |] ->
            match tryLaw (a, b, size) law with
            | tried, None ->
                printfn $"holds on {tried} random values"
                0
            | _, Some words ->
                printfn $"{words}"
                1
        | _ ->
            eprintfn $"There is no property '{name}'."
            2
