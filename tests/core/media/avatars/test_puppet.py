import numpy as np
import pytest
from PIL import Image, ImageColor

from content_pipeline.core.media.avatars import drawing, puppet
from content_pipeline.core.media.avatars.characters import CHARACTERS, Character
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.mouths import Mouth
from content_pipeline.core.media.avatars.puppet import Head, Pose
from content_pipeline.core.media.avatars.visemes import VISEMES

pytestmark = pytest.mark.slow

# The limits of test_motion.py.
EXTREMES = [
    Pose(roll=2.4, x=10.5, y=14, yaw=1.1, pitch=1.2, jaw=1.1),
    Pose(roll=-2.4, x=-10.5, y=-14, yaw=-1.1, pitch=-1.2),
]


def _alpha_at_the_edge(picture: Image.Image) -> int:
    alpha = np.asarray(picture.getchannel("A"))
    return int(max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()))


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=lambda character: character.id)
class TestEveryCharacter:
    def test_has_every_mouth_of_speech_and_none_is_cut_off(self, character: Character) -> None:
        drawn = {}
        for mouth in {viseme.mouth for viseme in VISEMES.values()} | {Mouth(), Mouth(smile=1), Mouth(open=1.05)}:
            layer = drawing.mouth_layer(character, mouth)
            assert layer.size == drawing.MOUTH.size
            assert _alpha_at_the_edge(layer) == 0, mouth
            drawn[layer.tobytes()] = mouth
        assert len(drawn) >= 20

    def test_opens_and_closes_its_eyes_and_neither_is_cut_off(self, character: Character) -> None:
        whites = []
        for eyes in (Eyes(), Eyes(open=0), Eyes(across=1, down=-1, brows=1.1), Eyes(across=-1, down=1, brows=-1.1)):
            layer = drawing.eye_layer(character, eyes)
            assert _alpha_at_the_edge(layer) == 0, eyes
            pixels = np.asarray(layer)
            whites.append(int((pixels[..., :3].min(axis=2) > 225)[pixels[..., 3] > 250].sum()))
        assert whites[0] > 800 > 50 > whites[1]

    @pytest.mark.nightly
    def test_keeps_its_head_within_its_box_however_it_turns(self, character: Character) -> None:
        figure = puppet.load(character.id)
        assert all(edge % 2 == 0 for edge in figure.box)
        for pose in EXTREMES:
            head = Head(figure).draw(pose, Mouth(), Eyes())
            assert head.size == figure.box.size
            assert _alpha_at_the_edge(head) == 0, pose


def _rows_of_skin(head: Image.Image) -> int:
    return int((np.asarray(head.getchannel("A")).max(axis=1) > 128).nonzero()[0].max())


def test_an_open_mouth_lowers_the_chin() -> None:
    figure = puppet.load("diego")
    shut, wide = (Head(figure).draw(Pose(jaw=jaw), Mouth(open=jaw), Eyes()) for jaw in (0.0, 1.0))
    assert 10 <= _rows_of_skin(wide) - _rows_of_skin(shut) <= 30


@pytest.mark.parametrize("id", ["tom", "kwame", "diego"])
def test_narrow_lips_leave_no_more_skin_bare_in_a_beard_than_lips_at_rest(id: str) -> None:
    character = CHARACTERS[id]

    def bare(mouth: Mouth) -> int:
        picture = Image.new("RGBA", (1080, 1920))
        picture.alpha_composite(drawing.head(character), drawing.HEAD[:2])
        picture.alpha_composite(drawing.mouth_layer(character, mouth), drawing.MOUTH[:2])
        pixels = np.asarray(picture.crop(drawing.MOUTH).convert("RGB"), float)[30:]
        return int((np.abs(pixels - ImageColor.getrgb(character.skin)).max(axis=2) < 25).sum())

    assert bare(Mouth(open=0.2, spread=-0.6, pucker=1)) <= 1.1 * bare(Mouth())


def test_without_motion_the_warp_changes_nothing() -> None:
    figure = puppet.load("diego")
    upright = np.asarray(Head(figure).draw(Pose(), Mouth(), Eyes()), float)
    drawn = Image.new("RGBA", (1080, 1920))
    drawn.alpha_composite(drawing.head(CHARACTERS["diego"]), drawing.HEAD[:2])
    drawn.alpha_composite(drawing.eye_layer(CHARACTERS["diego"], Eyes()), drawing.EYES[:2])
    drawn.alpha_composite(drawing.mouth_layer(CHARACTERS["diego"], Mouth()), drawing.MOUTH[:2])
    expected = np.asarray(drawn.crop(figure.box), float)
    inside = expected[..., 3] == 255
    assert np.abs(upright[inside] - expected[inside]).mean() < 0.5


def test_a_breath_lifts_the_shoulders_by_some_pixels() -> None:
    out, held = (np.asarray(puppet.load("tom").draw_torso(breath).getchannel("A")) for breath in (0.0, 1.0))
    column = out.shape[1] // 4
    lifted = int((out[:, column] > 128).argmax()) - int((held[:, column] > 128).argmax())
    assert 2 <= lifted <= 8


def test_edges_are_not_darkened_by_what_is_transparent() -> None:
    head = np.asarray(Head(puppet.load("ruth")).draw(Pose(roll=3), Mouth(), Eyes()), float)
    edge = (head[..., 3] > 60) & (head[..., 3] < 200)
    silver = edge[:150]  # nothing but silver hair is up there
    assert head[:150][silver][:, :3].min(axis=1).mean() > 110
