namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A quick reader of the usual command line: data and formula, then options spelled in full, each once.</summary>
/// <remarks>Argu reflects over its argument types for longer than a small fit takes. It still reads whatever is not
/// plain, and a law holds that both read the same.</remarks>
[<RequireQualifiedAccess>]
module PlainArguments =

    let private isPlain (argument: string) =
        argument <> "" && not (argument.StartsWith '-')

    let private algorithm name =
        match name with
        | "nr" -> Some Algorithm.NewtonRaphson
        | "fisher" -> Some Algorithm.FisherScoring
        | "ai" -> Some Algorithm.AverageInformation
        | "em" -> Some Algorithm.Em
        | "px-em" -> Some Algorithm.PxEm
        | _ -> None

    let private robustKind name =
        match name with
        | "cr0" -> Some RobustKind.Cr0
        | "cr1" -> Some RobustKind.Cr1
        | "cr2" -> Some RobustKind.Cr2
        | "cr3" -> Some RobustKind.Cr3
        | _ -> None

    let rec private withOptions seen (request: FitRequest) arguments =
        match arguments with
        | [] -> Some request
        | option :: _ when List.contains option seen -> None
        | "--ml" :: rest ->
            withOptions
                ("--ml" :: seen)
                {
                    request with
                        Criterion = Criterion.Ml
                }
                rest
        | "--json" :: rest -> withOptions ("--json" :: seen) { request with AsJson = true } rest
        | "--quiet" :: rest -> withOptions ("--quiet" :: seen) { request with IsQuiet = true } rest
        | "--weights" :: column :: rest when isPlain column ->
            withOptions
                ("--weights" :: seen)
                {
                    request with
                        FitRequest.Model.Weights = Some column
                }
                rest
        | "--df" :: name :: rest when isPlain name -> withOptions ("--df" :: seen) { request with Df = Some name } rest
        | "--convention" :: name :: rest when isPlain name ->
            withOptions ("--convention" :: seen) { request with Convention = Some name } rest
        | "--residual" :: structure :: rest when isPlain structure ->
            withOptions
                ("--residual" :: seen)
                {
                    request with
                        FitRequest.Model.Residual = Some structure
                }
                rest
        | "--algorithm" :: name :: rest ->
            algorithm name
            |> Option.bind (fun algorithm ->
                withOptions ("--algorithm" :: seen) { request with Algorithm = algorithm } rest)
        | "--robust" :: name :: rest ->
            robustKind name
            |> Option.bind (fun kind -> withOptions ("--robust" :: seen) { request with Robust = Some kind } rest)
        | "--cluster" :: factor :: rest when isPlain factor ->
            withOptions ("--cluster" :: seen) { request with Cluster = Some factor } rest
        | _ -> None

    /// <summary>The command, when the arguments are plain.</summary>
    let tryRead (arguments: string list) : Command option =
        match arguments with
        | "fit" :: data :: formula :: options when isPlain data && isPlain formula ->
            withOptions [] (FitRequest.plain (ModelRequest.plain data formula)) options
            // Clusters of nothing: left to the words of Argu's reader.
            |> Option.filter (fun request -> request.Cluster.IsNone || request.Robust.IsSome)
            |> Option.map Command.Fit
        | _ -> None
