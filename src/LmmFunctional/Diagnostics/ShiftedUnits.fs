namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The units that may have a shift of their variance, and their models with it.</summary>
[<RequireQualifiedAccess>]
module internal ShiftedUnits =

    /// The model with independent extra variance in the rows of a unit, or with an effect that they share.
    let private extended (shifted: ShiftedUnit) (design: Design) : Design =
        let rows = Seq.toArray shifted.Unit.Rows
        let codes: int[] = Array.zeroCreate design.Response.Length
        let column: float[] = Array.zeroCreate design.Response.Length

        rows
        |> Array.iteri (fun k row ->
            match shifted.Shared with
            | None ->
                codes[row] <- k
                column[row] <- 1.0
            | Some shared -> column[row] <- shared[k])

        let levels =
            match shifted.Shared with
            | None -> rows |> Seq.map string |> ImmutableArray.CreateRange
            | Some _ -> ImmutableArray.Create "shift"

        let name = "(variance shift)"

        let term: RandomDesign = {
            Term = {
                Effects = Terms.ofList [ Term.intercept ]
                Group = { Factors = [ Expr.Column name ] }
                Structure = Structure.Diagonal
                Relationship = None
                PerLevelOf = None
            }
            Group = name
            Levels = levels
            Relationship = None
            Codes = codes
            Names = ImmutableArray.Create "shift"
            Columns = [| column |]
            InterceptAt = None
            Axes = []
            Places = None
            Notes = []
            PerLevel = None
        }

        {
            design with
                Random = design.Random @ [ term ]
        }

    /// <summary>A unit's shift with all covariance parameters estimated again.</summary>
    let refitted (fit: Fit) (restricted: Fit) (shifted: ShiftedUnit) (shift: VarianceShift) =
        extended shifted fit.Design
        |> Refit.ofDesign Criterion.Reml
        |> Result.map (fun wider ->
            let _, covariance = List.last wider.RandomCovariances
            let ratio = max 0.0 (restricted.CriterionValue - wider.CriterionValue)
            let effects = List.last (Fit.randomEffects wider)

            {
                shift with
                    Variance = covariance[0, 0]
                    LikelihoodRatio = ratio
                    P = FixedRatioShift.upper ratio
                    IsRefitted = true
                    Shifts = [
                        for level in 0 .. effects.Levels.Length - 1 do
                            effects.Modes[level, 0]
                    ]
            })

    /// The units of a target.
    let ofTarget (target: VarianceShiftTarget) (fit: Fit) : Result<ShiftedUnit list, LmmError list> =
        match target with
        | VarianceShiftTarget.Rows units ->
            DiagnosticUnits.find units fit
            |> Result.map (List.map (fun unit -> { Unit = unit; Shared = None }))
        | VarianceShiftTarget.Effect(group, effect) ->
            let ofGroup = fit.Design.Random |> List.filter (fun term -> term.Group = group)

            match ofGroup |> List.tryFind (fun term -> term.Names.Contains effect) with
            | None when ofGroup.IsEmpty ->
                let known = fit.Design.Random |> List.map _.Group |> List.distinct
                Error [ LmmError.UnknownChoice("grouping factor", group, known) ]
            | None ->
                let known =
                    ofGroup |> List.collect (fun term -> List.ofSeq term.Names) |> List.distinct

                Error [ LmmError.UnknownChoice($"random effect of '{group}'", effect, known) ]
            | Some term ->
                let column = term.Columns[term.Names.IndexOf effect]

                Ok [
                    for level, rows in
                        term.Codes
                        |> Array.indexed
                        |> Array.filter (fun (row, _) -> column[row] <> 0.0)
                        |> Array.groupBy snd
                        |> Array.sortBy fst do
                        let rows = rows |> Array.map fst

                        {
                            Unit = {
                                Name = term.Levels[level]
                                Rows = ImmutableArray.CreateRange rows
                            }
                            Shared = Some(rows |> Array.map (fun row -> column[row]))
                        }
                ]
