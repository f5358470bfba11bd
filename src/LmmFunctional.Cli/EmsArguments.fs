namespace LmmFunctional.Cli

open System
open Argu
open LmmFunctional.Classical

/// <summary>What <c>lmm ems</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type EmsArguments =
    | [<MainCommand; ExactlyOnce>] Terms of TERMS: string
    | Random of FACTORS: string
    | Levels of LEVELS: string
    | [<Unique>] Reps of COUNT: int
    | [<Unique>] Restricted
    | [<Unique>] Differences

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Terms _ -> "the terms of a balanced design, such as \"A*B\" or \"A/B + C\"."
            | Random _ -> "the random factors, separated by commas; all others are fixed."
            | Levels _ -> "the number of levels of every factor, such as A=4,B=5."
            | Reps _ -> "observations in each cell; 1 is the default."
            | Restricted -> "random interactions sum to zero over their fixed factors."
            | Differences -> OptionText.differences

/// <summary>Reading the arguments of <c>lmm ems</c>.</summary>
[<RequireQualifiedAccess>]
module internal EmsArguments =

    /// Names separated by commas.
    let names (lists: string list) =
        lists
        |> List.collect (fun list -> List.ofArray (list.Split(',', StringSplitOptions.TrimEntries)))
        |> List.filter ((<>) "")

    let private level (text: string) =
        match text.Split('=', StringSplitOptions.TrimEntries) with
        | [| name; count |] when name <> "" ->
            match Int32.TryParse count with
            | true, count -> Ok(name, count)
            | false, _ -> Error text
        | _ -> Error text

    /// How a test is made where no single mean square makes it.
    let quasi isDifference =
        if isDifference then QuasiF.Differences else QuasiF.Sums

    /// The request that the arguments stand for, or what is wrong with them.
    let request (ems: ParseResults<EmsArguments>) : Result<EmsRequest, string> =
        let levels = ems.GetResults EmsArguments.Levels |> names |> List.map level

        let wrong =
            levels
            |> List.choose (fun level ->
                match level with
                | Error text -> Some $"'{text}'"
                | Ok _ -> None)

        if wrong.IsEmpty then
            Ok {
                Terms = ems.GetResult EmsArguments.Terms
                Random = ems.GetResults EmsArguments.Random |> names
                Levels = levels |> List.choose Result.toOption
                Replicates = ems.GetResult(EmsArguments.Reps, 1)
                Form =
                    if ems.Contains EmsArguments.Restricted then
                        InteractionForm.Restricted
                    else
                        InteractionForm.Unrestricted
                Quasi = quasi (ems.Contains EmsArguments.Differences)
            }
        else
            let wrong = String.concat ", " wrong
            Error $"--levels {wrong} cannot be read; write each factor with its number of levels, as in A=4,B=5."
