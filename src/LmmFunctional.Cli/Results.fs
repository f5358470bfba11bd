namespace LmmFunctional.Cli

/// <summary>Several results as one: the problems of all are told together.</summary>
[<RequireQualifiedAccess>]
module internal Results =

    /// The problems of a result; none where there are none.
    let problems (result: Result<'ok, 'problem list>) =
        match result with
        | Ok _ -> []
        | Error problems -> problems

    /// All values, or all problems.
    let all (results: Result<'ok, 'problem list> list) =
        match List.collect problems results with
        | [] -> results |> List.choose Result.toOption |> Ok
        | problems -> Error problems
