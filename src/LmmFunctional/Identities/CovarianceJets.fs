namespace LmmFunctional.Verification

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>G and R as functions of θ at one point, with first and second derivatives.</summary>
/// <remarks>θ lists the parameters of the terms, then those of the residual structure, as the solver moves them: entries of
/// relative factors, logarithms and the like. σ² is held.</remarks>
[<NoComparison; ReferenceEquality>]
type internal CovarianceJets = {
    /// Where the parameters of each term start in θ, then those of the residuals; the last is their number.
    Starts: int[]
    /// Places in θ that are estimated.
    Free: int[]
    /// G of one level of each term, S×S by columns, in squared units of the response.
    Effects: Jet[][]
    /// Rows, columns and elements of R on and below the diagonal; empty where R has no parameters.
    Residuals: Lazy<struct (int * int * Jet)[]>
    /// The form of each term; None where θ has the entries of Λ.
    Forms: EffectsForm option[]
    /// Whether V is linear in the variances and covariances of each term, then of the residuals.
    IsLinear: bool[]
}

[<RequireQualifiedAccess>]
module internal CovarianceJets =

    let private isLinearStructure structure = (Catalogue.modelOf structure).IsLinear

    let private isLinearResidual (residual: ResidualDesign option) =
        match residual with
        | None -> true
        | Some residual ->
            match residual.Factors, residual.Variances with
            | [], []
            | [], [ VarianceFunction.PerGroup _, _ ] -> true
            | [ axis ], [] -> isLinearStructure axis.Structure && not residual.Term.HasNugget
            | _ -> false

    /// T a of a term, by columns.
    let private transformed (term: StandardisedTerm) (a: Jet[]) =
        let n = term.Factor.Order

        Array.init (n * n) (fun at ->
            let i, j = at % n, at / n

            // What is always zero has no derivatives.
            seq {
                for k in 0 .. n - 1 do
                    if term.Transform[i + k * n] <> 0.0 && not (Jet.isZero a[k + j * n]) then
                        Jet.scale term.Transform[i + k * n] a[k + j * n]
            }
            |> Seq.fold (+.) Jet.zero)

    /// a aᵀ, by columns.
    let private square n (a: Jet[]) =
        Array.init (n * n) (fun at ->
            let i, j = at % n, at / n

            seq {
                for k in 0 .. n - 1 do
                    if not (Jet.isZero a[i + k * n] || Jet.isZero a[j + k * n]) then
                        a[i + k * n] *. a[j + k * n]
            }
            |> Seq.fold (+.) Jet.zero)

    /// T G Tᵀ of a term, by columns, at its own parameters as jets; the effects of a form are on the user's scale.
    let private covarianceOf (term: StandardisedTerm) (own: Jet[]) =
        match term.Form with
        | Some form -> form.Covariance own
        | None ->
            RelativeFactor.toJets own term.Factor
            |> transformed term
            |> square term.Factor.Order

    /// All of θ, from the parameters that are estimated.
    let complete (likelihood: LogLikelihood) theta =
        (LogLikelihood.pointAt likelihood theta).Theta

    /// <summary>G and R of a likelihood at all of its θ and a σ.</summary>
    let create (likelihood: LogLikelihood) (theta: ImmutableArray<float>) sigma : CovarianceJets =
        let layout = likelihood.Layout
        let terms = Array.ofList likelihood.Standard.Terms
        let design = likelihood.Model
        let tau = theta.AsSpan().Slice(layout.Parameters).ToArray()

        {
            Starts = [| yield! layout.ParameterStarts; theta.Length |]
            Free = likelihood.Held.Free theta.Length
            Effects =
                terms
                |> Array.mapi (fun t term ->
                    Jet.variables (ThetaLayout.parametersOf layout theta t)
                    |> covarianceOf term
                    |> Array.map (Jet.scale (sigma * sigma)))
            Residuals = lazy (ResidualCovariance.elements design sigma tau)
            Forms = layout.Forms
            IsLinear = [|
                for term in design.Random do
                    isLinearStructure term.Term.Structure

                isLinearResidual design.Residual
            |]
        }

    /// The part that each estimated parameter belongs to: the number of its term, or that of terms for the residuals.
    let partsOf (jets: CovarianceJets) =
        jets.Free
        |> Array.map (fun place ->
            Array.findIndexBack (fun start -> start <= place) jets.Starts[.. jets.Starts.Length - 2])

    /// Whether covariance (i, k) of a term depends on its parameters.
    let isFree (jets: CovarianceJets) t i k =
        let order = Semidefinite.order jets.Effects[t]
        jets.Effects[t].[i + k * order].Support.Length > 0

    /// Whether a term has nothing but entries of Λ for parameters, all of them estimated.
    let isPlain (jets: CovarianceJets) t =
        jets.Forms[t].IsNone
        && Seq.forall (fun place -> Array.contains place jets.Free) (seq { jets.Starts[t] .. jets.Starts[t + 1] - 1 })

    let private select (jets: CovarianceJets) (full: Matrix<float>) : Matrix<float> =
        Matrix<float>.Build.Dense(jets.Free.Length, jets.Free.Length, fun k l -> full[jets.Free[k], jets.Free[l]])

    /// V̇ of every estimated parameter, n×n.
    let derivatives (model: Marginal) (jets: CovarianceJets) : Matrix<float>[] =
        let n = Marginal.rows model
        let residuals = jets.Effects.Length

        let ofTerm t k =
            let order = model.Terms[t].Order

            Matrix<float>.Build.Dense(order, order, fun i j -> Jet.derivative k jets.Effects[t].[i + j * order])
            |> FormedCovariance.spread model t

        let ofResiduals k =
            let result = Matrix<float>.Build.Dense(n, n)

            for struct (row, column, element) in jets.Residuals.Value do
                let value = Jet.derivative k element
                result[row, column] <- value
                result[column, row] <- value

            result

        Array.map2
            (fun place part ->
                let own = place - jets.Starts[part]

                if part = residuals then
                    ofResiduals own
                else
                    ofTerm part own)
            jets.Free
            (partsOf jets)

    /// ⟨w, V̈⟩ of every pair of parameters, for each part: k×k by columns.
    let curvatures (model: Marginal) (jets: CovarianceJets) (w: Matrix<float>) : float[][] =
        let countOf part =
            jets.Starts[part + 1] - jets.Starts[part]

        let ofTerm t (elements: Jet[]) =
            let count = countOf t
            let sum: float[] = Array.zeroCreate (count * count)
            let weights = (FormedCovariance.gather model t w).ToColumnMajorArray()
            Array.iter2 (fun weight element -> Jet.addSecond weight count sum element) weights elements
            sum

        let ofResiduals =
            let count = countOf jets.Effects.Length
            let sum: float[] = Array.zeroCreate (count * count)

            if count > 0 then
                for struct (row, column, element) in jets.Residuals.Value do
                    let twice = if row = column then 1.0 else 2.0
                    Jet.addSecond (twice * w[row, column]) count sum element

            sum

        [| yield! Array.mapi ofTerm jets.Effects; ofResiduals |]

    let private assemble (jets: CovarianceJets) (parts: float[][]) =
        let last = Array.last jets.Starts
        let full = Matrix<float>.Build.Dense(last, last)

        parts
        |> Array.iteri (fun part own ->
            let start = jets.Starts[part]
            let count = jets.Starts[part + 1] - start

            own
            |> Array.iteri (fun at value -> full[start + at % count, start + at / count] <- value))

        select jets full

    /// <summary>⟨w, V̈⟩ of every pair of estimated parameters from that of each part, and what of it keeps the solver's steps
    /// sound near a variance of zero: the positive part of terms with entries of Λ for parameters, that of the one standard
    /// deviation of others.</summary>
    let assembled (jets: CovarianceJets) (parts: float[][]) : struct (Matrix<float> * Matrix<float>) =
        let positive part (own: float[]) =
            if part = jets.Effects.Length then
                Array.zeroCreate own.Length
            else
                match jets.Forms[part] with
                | Some form -> CovarianceDirections.positivePart form own
                | None -> Semidefinite.positivePart (jets.Starts[part + 1] - jets.Starts[part]) own

        struct (assemble jets parts, assemble jets (Array.mapi positive parts))

    /// The same for some of the rows, of which the elements of R are given by their places among them.
    let forRows elements (jets: CovarianceJets) : CovarianceJets = { jets with Residuals = lazy elements }
