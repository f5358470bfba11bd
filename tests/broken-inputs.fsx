// Tries broken inputs of the command line: dotnet fsi tests/broken-inputs.fsx [COUNT] [FIRST SEED]
// Each runs for at most a minute; all that end with code 70, with NaN or not at all are printed.
#r "../src/LmmFunctional.Cli/bin/Release/net10.0/lmm.dll"
#load "LmmFunctional.Tests/Cli/BrokenInputs.fs"

open System
open System.IO
open System.Threading.Tasks
open LmmFunctional.Tests

let argument index fallback =
    match fsi.CommandLineArgs |> Array.tryItem index with
    | Some text -> int text
    | None -> fallback

let count, first = argument 1 2000, argument 2 1
let folder = Directory.CreateTempSubdirectory "lmm-broken-"
let codes = Collections.Generic.SortedDictionary<int, int>()
let mutable faulty = 0

for seed in first .. first + count - 1 do
    let task = Task.Run(fun () -> BrokenInputs.run folder.FullName seed)

    if task.Wait(TimeSpan.FromMinutes 1.0) then
        let run = task.Result
        codes[run.Code] <- (if codes.ContainsKey run.Code then codes[run.Code] else 0) + 1

        if not (BrokenInputs.faults run).IsEmpty then
            faulty <- faulty + 1
            printfn $"seed {seed}: {BrokenInputs.describe run}\n"
    else
        faulty <- faulty + 1
        printfn $"seed {seed}: did not end within a minute\n"

folder.Delete true

let ends =
    String.Join(", ", codes |> Seq.map (fun pair -> $"{pair.Value} with code {pair.Key}"))

printfn $"{count} inputs: {ends}; {faulty} faulty"
exit (if faulty = 0 then 0 else 1)
