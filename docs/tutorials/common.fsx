(**
# What the tutorials share

Loaded by the other scripts of this folder; it needs a build (`dotnet fsi build.fsx demo` makes one).
*)
[<AutoOpen>]
module Common

#r "../../src/LmmFunctional.Cli/bin/Release/net10.0/LmmFunctional.dll"

open System.Globalization
open LmmFunctional

/// The value, or the problems on standard error and the end of the script.
let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

/// A data file of the tests.
let data name =
    Csv.read $"{__SOURCE_DIRECTORY__}/../../tests/data/{name}.csv" |> orStop

/// The first lines of a text.
let printLines count (text: string) =
    text.Split '\n' |> Array.truncate count |> Array.iter (printfn "%s")

/// Stops the script when a number of the text is not the one that was computed, to the decimals that the text gives.
let stated (text: string) (found: float) =
    let decimals =
        match text.IndexOf '.' with
        | -1 -> 0
        | point -> text.Length - point - 1

    if found.ToString($"F{decimals}", CultureInfo.InvariantCulture) <> text then
        eprintfn "The text says %s where the script finds %g." text found
        exit 1
