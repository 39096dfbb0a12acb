"""A way to a server that can go dead without a word: connections stay open, and nothing gets through any more."""

import asyncio
import contextlib
import threading


class HalfOpen:
    """A proxy on a port of its own, in a thread of its own."""

    def __init__(self, port):
        """It passes everything on to a port of this machine."""
        self.target, self.dead, self.swallowed = port, False, 0
        self.open = set()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(30)

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        ready.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        self.open.add(writer)
        there = None
        try:
            if not self.dead:
                back, there = await asyncio.open_connection("127.0.0.1", self.target)
                self.open.add(there)
                await asyncio.gather(self._pass(reader, there), self._pass(back, writer))
            while await reader.read(65536):
                self.swallowed += 1
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in (writer, there):
                if one is not None:
                    self.open.discard(one)
                    one.close()

    async def _pass(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.dead:
                    self.swallowed += 1
                    continue
                writer.write(data)
                await writer.drain()
        writer.close()

    def die(self):
        """Nothing gets through from now on, and nobody is told."""
        self.dead = True

    def live(self):
        """New connections get through; those of before are cut, and what was sent on them is lost."""

        def cut():
            for one in list(self.open):
                one.transport.abort()
            self.dead = False

        self.loop.call_soon_threadsafe(cut)

    def close(self):
        """It is gone."""

        async def end():
            self.server.close()
            tasks = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)
        self.thread.join(30)
        self.loop.close()
