namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>How G depends on θ at one point, where some terms have parameters of their own: what second derivatives cost is
/// in proportion to the number of parameters, not to that of the elements of G.</summary>
[<NoComparison; ReferenceEquality>]
type internal CovarianceDirections = {
    Layout: ThetaLayout
    Theta: ImmutableArray<float>
    /// ∂G/∂θ_k of every parameter: S×S for each term, zero for all terms but its own.
    Changes: float[][][]
    /// λ of all terms with parameter k moved by so much.
    At: int -> float -> float[][]
}

[<RequireQualifiedAccess>]
module internal CovarianceDirections =

    /// e_r λ_cᵀ + λ_c e_rᵀ, the change of G along a free entry of λ.
    let private ofEntry n (lambda: float[]) row column : float[] =
        let change: float[] = Array.zeroCreate (n * n)

        for i in 0 .. n - 1 do
            let element = lambda[i + column * n]
            change[row + i * n] <- change[row + i * n] + element
            change[i + row * n] <- change[i + row * n] + element

        change

    /// The directions at a θ with its λ.
    let create (layout: ThetaLayout) (theta: ImmutableArray<float>) (lambdas: float[][]) : CovarianceDirections =
        let zeros =
            layout.Shapes
            |> Array.map (fun shape -> Array.zeroCreate<float>(shape.Order * shape.Order))

        let changesOf t (form: EffectsForm option) =
            match form with
            | Some form ->
                Jet.firstOrder (ThetaLayout.parametersOf layout theta t)
                |> form.Covariance
                |> EffectsForm.derivatives form
            | None ->
                let shape = layout.Shapes[t]
                Array.map2 (ofEntry shape.Order lambdas[t]) shape.EntryRows shape.EntryColumns

        {
            Layout = layout
            Theta = theta
            Changes =
                layout.Forms
                |> Array.mapi (fun t form ->
                    changesOf t form |> Array.map (fun change -> Array.updateAt t change zeros))
                |> Array.concat
            At = fun k change -> ThetaLayout.matrices layout (theta.SetItem(k, theta[k] + change))
        }

    /// Σ_ij W_ij ∂G_ij/∂θ_k of every parameter, for a symmetric W (S×S) of each term.
    let along (directions: CovarianceDirections) (weights: float[][]) : float[] =
        let starts = directions.Layout.ParameterStarts

        [|
            for t in 0 .. weights.Length - 1 do
                for k in starts[t] .. starts[t + 1] - 1 do
                    Dense.Dot(weights[t], directions.Changes[k].[t])
        |]

    /// The part of a form's curvature that matters near a variance of zero and vanishes at an optimum: that of the one standard
    /// deviation which multiplies all the rest.
    let positivePart (form: EffectsForm) (curvature: float[]) : float[] =
        let kept: float[] = Array.zeroCreate curvature.Length

        match form.Deviations with
        | [| own |] ->
            let at = own + own * form.Names.Length
            kept[at] <- max 0.0 curvature[at]
        | _ -> ()

        kept

    /// ⟨W, ∂²G/∂τ_k²⟩ by one parameter of a form.
    let private curvatureBy (form: EffectsForm) (tau: float[]) k (w: float[]) =
        let elements =
            tau
            |> Array.mapi (fun l value -> if l = k then Jet.Variable(0, value) else Jet.Constant value)
            |> form.Covariance

        (WeightedCurvature.ofElements 1 elements w)[0]

    /// The positive parts of the terms that have a form, as <c>positivePart</c> keeps them, with the places of their parameters.
    let positiveCurvatures
        (layout: ThetaLayout)
        (theta: ImmutableArray<float>)
        (d: float[][])
        : (int * EffectsForm * float[]) list = [
        for t in 0 .. layout.Forms.Length - 1 do
            match layout.Forms[t] with
            | None -> ()
            | Some form ->
                let count = form.Names.Length
                let kept: float[] = Array.zeroCreate (count * count)

                match form.Deviations with
                | [| own |] ->
                    let tau = ThetaLayout.parametersOf layout theta t
                    kept[own + own * count] <- max 0.0 (curvatureBy form tau own d[t])
                | _ -> ()

                layout.ParameterStarts[t], form, kept
    ]

    /// ⟨W, ∂²G/∂θ_k∂θ_l⟩ of each term that has a form, with the place of its parameters: k×k by columns.
    let curvatures
        (layout: ThetaLayout)
        (theta: ImmutableArray<float>)
        (d: float[][])
        : (int * EffectsForm * float[]) list = [
        for t in 0 .. layout.Forms.Length - 1 do
            match layout.Forms[t] with
            | None -> ()
            | Some form ->
                let own = ThetaLayout.parametersOf layout theta t
                layout.ParameterStarts[t], form, form.Curvature own d[t]
    ]

    /// ⟨W, ∂²G/∂θ_k∂θ_l⟩ of all parameters, where all terms have a form.
    let curvature (directions: CovarianceDirections) (weights: float[][]) : SquareBlock =
        let k = directions.Changes.Length
        let result = SquareBlock.zero k

        for start, form, own in curvatures directions.Layout directions.Theta weights do
            let count = form.Names.Length

            for j in 0 .. count - 1 do
                for i in 0 .. count - 1 do
                    result[start + i, start + j] <- own[i + j * count]

        result
