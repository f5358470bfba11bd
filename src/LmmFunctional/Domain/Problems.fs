namespace LmmFunctional.Model

open LmmFunctional

/// <summary>Results that collect all problems of their parts.</summary>
[<RequireQualifiedAccess>]
module internal Problems =

    /// Problems, each once: the first ones, and how many more there are.
    let limit (problems: LmmError list) : LmmError list = LmmError.limit problems

    /// A result with few problems.
    let told result = Result.mapError limit result

    /// A value if there are no problems.
    let unless problems value =
        match problems with
        | [] -> Ok value
        | _ -> Error(limit problems)

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
