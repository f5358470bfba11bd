namespace LmmFunctional.Cli

/// <summary>Reading <c>--fix</c>, <c>--bound</c> and <c>--start</c>, which all commands that fit a model have.</summary>
[<RequireQualifiedAccess>]
module internal ParameterArguments =

    /// <summary>What is said of covariance parameters.</summary>
    /// <param name="fix">What follows each <c>--fix</c>.</param>
    /// <param name="bound">What follows each <c>--bound</c>.</param>
    /// <param name="start">What follows each <c>--start</c>.</param>
    /// <returns>Names with values and ends, or the first that cannot be read.</returns>
    let read (fix: string list) (bound: string list) (start: string list) : Result<ParameterRequest, string> =
        match NamedValues.numbers "--fix" fix, NamedBounds.read bound, NamedValues.numbers "--start" start with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok held, Ok bounds, Ok start ->
            Ok {
                Held = held
                Bounds = bounds
                Start = start
            }
