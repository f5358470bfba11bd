namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// One term with its codes and columns in the rows, its covariance, and S effects for levels that are not drawn.
[<NoComparison; NoEquality>]
type internal SimulatedTerm = {
    Relationship: Relationship option
    Levels: int
    Codes: int[]
    Columns: float[][]
    Covariance: Matrix
    Kept: int -> float[] option
}

/// <summary>Drawing the effects of random terms.</summary>
[<RequireQualifiedAccess>]
module internal SimulatedTerms =

    /// Draws the effects of a term, those kept set to zero, after adding the kept ones to the mean.
    let private ofTerm (mean: float[]) (term: SimulatedTerm) : ResidualSampler.Sampler =
        let order = term.Columns.Length
        let kept = Array.init term.Levels term.Kept
        let known: float[] = Array.zeroCreate (term.Levels * order)

        kept
        |> Array.iteri (fun level own -> own |> Option.iter (fun own -> Array.blit own 0 known (level * order) order))

        EffectSampler.add term.Codes term.Columns known mean

        if kept |> Array.forall Option.isSome then
            fun _ _ -> ()
        else
            let draw = EffectSampler.create term.Relationship term.Levels term.Covariance

            fun stream response ->
                let effects = draw stream

                kept
                |> Array.iteri (fun level own ->
                    if own.IsSome then
                        Array.fill effects (level * order) order 0.0)

                EffectSampler.add term.Codes term.Columns effects response

    /// The simulator of rows with a mean, to which effects of levels that are not drawn are added.
    let assemble rows mean (terms: SimulatedTerm list) residuals =
        let draws = terms |> List.map (ofTerm mean)

        {
            DataRows = rows
            Mean = mean
            Add =
                fun stream response ->
                    for draw in draws do
                        draw stream response

                    residuals stream response
        }

    /// Xβ with the offset.
    let fixedPart (design: Design) (beta: float[]) =
        let x = design.Fixed.Matrix

        Array.init x.Rows (fun row ->
            let mutable value =
                match design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0

            for j in 0 .. x.Columns - 1 do
                value <- value + x[row, j] * beta[j]

            value)

    /// The effects that a fit predicts for a level of a term.
    let modeOf (fit: Fit) t =
        let order = fit.Design.Random[t].Names.Length
        fun level -> Array.sub fit.Inner.Effects.Value[t] (level * order) order
