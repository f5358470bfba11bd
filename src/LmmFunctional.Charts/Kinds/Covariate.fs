namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>A variable of the fixed effects that a curve can be drawn along.</summary>
[<NoComparison; ReferenceEquality>]
type internal Covariate = {
    Name: string
    /// Of the rows used.
    Values: float[]
}

/// <summary>Finding covariates and factors of a model.</summary>
[<RequireQualifiedAccess>]
module internal Covariate =

    let private axes (fit: Fit) =
        ReferenceGrid.axes fit.Design [] |> Result.defaultValue []

    /// The factors of the fixed effects with their levels.
    let factors (fit: Fit) : (string * string list) list =
        axes fit
        |> List.filter _.Codes.IsSome
        |> List.map (fun axis -> axis.Name, List.ofArray axis.Labels)

    /// The numeric variables of the fixed effects, in the order of the model.
    let all (fit: Fit) : Covariate list =
        let selection = Selection(fit.Design.Schema.Frame, fit.Design.Rows)

        axes fit
        |> List.filter _.Codes.IsNone
        |> List.map (fun axis -> {
            Name = axis.Name
            Values = Array.copy (selection.Numbers axis.Name)
        })

    /// <summary>The covariate of a name, or the first one that satisfies a condition.</summary>
    /// <returns>It; or: no such covariate, or none at all.</returns>
    let find kind (name: string option) isWanted (fit: Fit) : Result<Covariate, LmmError list> =
        let known = all fit

        match name with
        | Some name ->
            match known |> List.tryFind (fun own -> own.Name = name) with
            | Some own -> Ok own
            | None ->
                let names = known |> List.map _.Name
                Error [ LmmError.NotInModel("covariate", name, Nearest.suggest names name, names) ]
        | None ->
            match known |> List.tryFind isWanted with
            | Some own -> Ok own
            | None -> Drawing.nothing kind "the fixed effects have no covariate for the x axis."

    /// Values evenly from the smallest to the largest.
    let grid count (values: float[]) : float list =
        let low, high = Array.min values, Array.max values

        if high = low then
            [ low ]
        else
            // The last is the largest itself, not a rounding beside it.
            List.init count (fun k ->
                if k = count - 1 then
                    high
                else
                    low + (high - low) * float k / float (count - 1))

    /// Whether a variable has two values within some level.
    let varies (codes: int[]) (own: Covariate) =
        let first = Collections.Generic.Dictionary<int, float>()

        Seq.zip codes own.Values
        |> Seq.exists (fun (code, value) -> not (first.TryAdd(code, value)) && first[code] <> value)
