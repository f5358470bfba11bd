namespace LmmFunctional

/// <summary>Results that collect all problems of their parts.</summary>
[<RequireQualifiedAccess>]
module internal Problems =

    /// Both values, or the problems of both.
    let both a b =
        match a, b with
        | Ok a, Ok b -> Ok(a, b)
        | Error a, Error b -> Error(a @ b)
        | Error problems, Ok _
        | Ok _, Error problems -> Error problems

    /// All values in order, or the problems of all.
    let all results =
        (results, Ok [])
        ||> List.foldBack (fun result rest -> both result rest |> Result.map (fun (value, values) -> value :: values))
