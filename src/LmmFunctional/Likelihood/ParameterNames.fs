namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>Finding covariance parameters by the names that are printed, and what they can be.</summary>
[<RequireQualifiedAccess>]
module internal ParameterNames =

    /// Where a name is among the parameters of all terms and of the residuals.
    let private places (blocks: NamedParameters list) name = [
        for block in blocks do
            let index = block.IndexOf name

            if index >= 0 then
                block, index
    ]

    let private isResidual name =
        name = NamedParameters.residualName || name = NamedParameters.deviationName

    /// Every name that can be held.
    let names (blocks: NamedParameters list) : string list = [
        yield! blocks |> List.collect (fun block -> List.ofArray block.Names)
        NamedParameters.residualName
        NamedParameters.deviationName
    ]

    /// <summary>Where a parameter is: None for σ² itself.</summary>
    /// <returns>The place, or: a name that the model does not have, or has twice.</returns>
    let find (blocks: NamedParameters list) name : Result<(NamedParameters * int) option, LmmError list> =
        match isResidual name, places blocks name with
        | true, _ -> Ok None
        | false, [ place ] -> Ok(Some place)
        | false, [] -> Error [ LmmError.UnknownParameter(name, Nearest.suggest (names blocks) name) ]
        | false, _ -> Error [ LmmError.AmbiguousParameter name ]

    /// What a parameter can be: the ends of its region, which do not belong to it.
    let regionOf place =
        match place with
        | None -> 0.0, infinity
        | Some(block, index) -> NamedParameters.region block index

    /// The name that is printed, of a name that the model has.
    let canonical blocks name =
        match find blocks name with
        | Ok(Some(block, index)) -> block.Names[index]
        | _ -> name

    /// The same for all names of one parameter.
    let meant blocks name =
        if isResidual name then
            NamedParameters.residualName
        else
            canonical blocks name

    /// Names that stand for one parameter.
    let twice blocks (names: string list) : LmmError list = [
        for _, same in names |> List.groupBy (meant blocks) do
            match same with
            | first :: second :: _ -> LmmError.NamedTwice(first, second)
            | _ -> ()
    ]
